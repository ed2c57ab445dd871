import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type OpcPart, partNamed, relationshipsOf } from '../../packaging/formats/opc/model.ts';
import { parseOpc, smallBytes } from '../../packaging/formats/opc/parse.ts';
import type { Trust } from '../../packaging/signing/chain.ts';
import { type OpcVerdict, verifyOpc } from '../../packaging/signing/opc-verify.ts';
import { type HlkPackageInfo, MAX_INFO_BYTES, parsePackageInfo } from './package-info.ts';

/** A package of the Windows Hardware Lab Kit (`.hlkx`) or of its forerunner (`.hckx`), as far as it can be read. */
export interface HlkPackage {
  readonly file: string;
  readonly kind: 'hlkx' | 'hckx';
  readonly bytes: number;
  readonly info: HlkPackageInfo;
  /** Databases of the kit, whose form nobody has written down (spec hlk 1.1). */
  readonly data: readonly { readonly kind: 'core' | 'stream'; readonly part: string; readonly bytes: number }[];
  readonly signature: OpcVerdict;
  /** What is odd about the container. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Real packages have one spelling or the other. */
const RELATIONSHIP =
  /^https?:\/\/(?:[a-z]+\.)?microsoft\.com\/(?:schemas|shcemas)\/windows\/kits\/hardware\/2010\/(packageinfo|coredata|streamdata)$/i;

/**
 * Reads a package and verifies its signature: every digest is computed again.
 * @param nowMs when the certificate has to be valid; milliseconds since 1970
 * @param trust where the certificate has to lead; anywhere when it is not given
 * @throws WinpvError ZIP_*, XML_*, OPC_*, HLK_NOT_A_PACKAGE, HLK_PACKAGE_INFO
 */
export const readHlkPackage = (bytes: Uint8Array, file: string, nowMs: number, trust?: Trust): HlkPackage => {
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'MSCF') {
    throw new WinpvError('HLK_NOT_A_PACKAGE', 'The file is a cabinet.', {
      at: { file },
      hint: 'Cabinets are submitted for attestation, or come from the kit for Server 2008; neither holds HLK results.',
    });
  }
  const opc = parseOpc(bytes, file);
  const related = relationshipsOf(opc, '/').flatMap(({ type, part }) => {
    const kind = RELATIONSHIP.exec(type)?.[1]?.toLowerCase();
    return kind === undefined || part === undefined ? [] : [{ kind, part: partNamed(opc, part) }];
  });
  const partsOf = (kind: string): readonly OpcPart[] => [
    ...new Set(related.flatMap((one) => (one.kind === kind && one.part !== undefined ? [one.part] : []))),
  ];
  const [summary, second] = partsOf('packageinfo');
  if (summary === undefined || second !== undefined) {
    const message = summary === undefined ? 'The package has no summary of a kit.' : 'The package has two summaries.';
    throw new WinpvError('HLK_NOT_A_PACKAGE', message, { at: { file } });
  }
  const info = parsePackageInfo(smallBytes(summary, MAX_INFO_BYTES, file), `${file}${summary.name}`);
  const data = (['core', 'stream'] as const).flatMap((kind) =>
    partsOf(`${kind}data`).map(({ name, size }) => ({ kind, part: name, bytes: size })),
  );
  return {
    ...{ file, kind: kindOf(info), bytes: bytes.length, info, data },
    signature: verifyOpc(opc, nowMs, trust),
    diagnostics: [...checkData(file, data), ...(opc.zip64 ? [largeForm(file)] : [])],
  };
};

const checkData = (file: string, data: HlkPackage['data']): readonly Diagnostic[] =>
  (['core', 'stream'] as const)
    .filter((kind) => !data.some((one) => one.kind === kind))
    .map((kind) =>
      problem('HLK_NOT_A_PACKAGE', `${shownText(file)} has no ${kind} data: nothing in it could be reviewed.`, {
        at: { file },
      }),
    );

const largeForm = (file: string): Diagnostic =>
  problem('OPC_ZIP64', 'The package is a ZIP64 archive.', {
    at: { file },
    hint: 'Partner Center refuses these. `winpv hlk sign` writes one that is none, as long as it is below 4 GiB.',
  });

/** Kits before that of Windows 10 have versions below 10. */
const kindOf = ({ kitVersion }: HlkPackageInfo): HlkPackage['kind'] => {
  const major = Number(/^(\d+)\./.exec(kitVersion ?? '')?.[1] ?? '10');
  return major < 10 ? 'hckx' : 'hlkx';
};
