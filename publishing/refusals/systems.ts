import type { Diagnostic } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { reachesInf } from '../../packaging/bundle/catalog-scope.ts';
import type { CatalogOs } from '../../packaging/formats/cat/os.ts';
import { catalogOsOf, parseOsCode } from '../partner-center/os-codes.ts';
import type { UploadRequest } from './contract.ts';
import type { Upload } from './read-upload.ts';
import { refusal } from './table.ts';

/** The catalog's vocabulary has one name for the first releases and all that follow. */
const FIRST_BUILDS: Readonly<Record<string, number>> = { TH1: 10240, TH2: 10586 };

const systemOf = (code: string): CatalogOs | undefined => {
  const os = catalogOsOf(code);
  const build = FIRST_BUILDS[parseOsCode(code)?.release ?? ''];
  return os === undefined || build === undefined ? os : { ...os, builds: [build, build] };
};

/** The OS codes that are asked for, against the programme and against what the INFs install on. */
export const checkSystems = (request: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  const codes = [...new Set(request.product?.requestedSignatures ?? [])];
  return [
    ...checkReached(codes, upload),
    ...(upload.programme === 'attestation' ? checkAttested(codes, request) : checkKit(codes, request)),
    ...checkMixed(codes, request),
  ];
};

const checkReached = (codes: readonly string[], { view }: Upload): readonly Diagnostic[] =>
  view.infs.flatMap(({ document, model }) => {
    const missed = codes.filter((code) => {
      const os = systemOf(code);
      return os !== undefined && !reachesInf(os, { document, model });
    });
    if (missed.length === 0) return [];
    const message = `The INF installs nothing on ${missed.map(shownText).join(', ')}, which a signature is asked for.`;
    const line = model.manufacturers[0]?.line;
    return [
      refusal('REFUSAL_SYSTEM_UNREACHED', message, {
        at: { file: document.file, ...(line === undefined ? {} : { line }) },
      }),
    ];
  });

/** Codes of Windows before 10 are known by their names; what is no code at all is the plan's to say. */
const isEarlier = (code: string): boolean => parseOsCode(code) === undefined && catalogOsOf(code) !== undefined;

const checkAttested = (codes: readonly string[], { file }: UploadRequest): readonly Diagnostic[] => {
  const at = { file };
  const earlier = codes.filter(isEarlier);
  const servers = codes.filter((code) => parseOsCode(code)?.server === true);
  return [
    ...(earlier.length === 0
      ? []
      : [
          refusal(
            'REFUSAL_SYSTEM_ATTESTATION',
            `Attestation is not for ${earlier.join(', ')}: it begins with Windows 10.`,
            {
              at,
            },
          ),
        ]),
    ...(servers.length === 0
      ? []
      : [
          refusal('REFUSAL_SYSTEM_ATTESTATION', `Attestation is not meant for servers (${servers.join(', ')}).`, {
            at,
            severity: 'warning',
          }),
        ]),
  ];
};

const checkKit = (codes: readonly string[], { file, product }: UploadRequest): readonly Diagnostic[] => {
  const harness = product?.testHarness;
  const wrong =
    harness === 'hck'
      ? codes.filter((code) => parseOsCode(code) !== undefined)
      : harness === 'hlk'
        ? codes.filter(isEarlier)
        : [];
  if (wrong.length === 0) return [];
  const right = harness === 'hck' ? 'HLK' : 'HCK';
  return [refusal('REFUSAL_HARNESS', `${wrong.join(', ')} is tested with ${right}.`, { at: { file } })];
};

const checkMixed = (codes: readonly string[], { file, destination }: UploadRequest): readonly Diagnostic[] => {
  const at = { file };
  const itanium = codes.filter((code) => /_IA64$/i.test(code));
  const mixed = codes.some(isEarlier) && codes.some((code) => parseOsCode(code) !== undefined);
  return [
    ...(itanium.length === 0
      ? []
      : [refusal('REFUSAL_SYSTEM_ITANIUM', `${itanium.join(', ')} is for Itanium.`, { at })]),
    ...(mixed && destination !== 'signature'
      ? [refusal('REFUSAL_SYSTEMS_MIXED', 'Windows 10 and later and earlier Windows are asked for together.', { at })]
      : []),
  ];
};
