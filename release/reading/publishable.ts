import type { Architecture } from '../../core/architecture.ts';
import { formatDate } from '../../core/date.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { osByName } from '../../packaging/formats/cat/os.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { type InfModel, infModel } from '../../packaging/formats/inf/model.ts';
import { isStandIn } from '../../packaging/formats/pe/mark.ts';
import { isPe, parsePe } from '../../packaging/formats/pe/parse.ts';
import { parseCertificates } from '../../packaging/formats/x509/pem.ts';
import type { FileVerdict, SignatureReport, TreeVerdict } from '../../packaging/signing/verdict.ts';
import { verifyTree } from '../../packaging/signing/verify-package.ts';
import type { SIGNATURE_KINDS } from '../../publishing/repository/contract.ts';
import type { NewPackage, NewTrust, Publication } from '../../publishing/repository/plan.ts';
import { type OutputFile, RECORD_NAME, sha256Hex } from '../output.ts';
import {
  type PublishedBrand,
  type PublishedDriver,
  type PublishedRecord,
  publishedRecord,
} from './published-record.ts';
import { checkSums } from './verify-sums.ts';

/** A folder that Partner Center signed, as `winpv submit` took it back. */
export interface ReturnedDrivers {
  readonly architecture: Architecture;
  /** Below OUT. */
  readonly folder: string;
  /** DER of roots to trust beside those that are known. */
  readonly roots: readonly Uint8Array[];
}

export interface PublishableRequest {
  /** Everything below OUT. */
  readonly files: readonly OutputFile[];
  readonly brand: string;
  /** DER of roots that the user trusts. */
  readonly trust: readonly Uint8Array[];
  readonly atMs: number;
  readonly allowTestSigned: boolean;
  readonly returned: readonly ReturnedDrivers[];
  /** The path to show for what stands below OUT. */
  readonly shown: (path: string) => string;
}

export interface Publishable {
  readonly publication: Publication;
  readonly record: Uint8Array;
  readonly cabinets: readonly OutputFile[];
  readonly version: string;
  readonly date: string;
  /** Errors refuse it. */
  readonly diagnostics: readonly Diagnostic[];
}

const unfit = (message: string, hint: string, at: string): Diagnostic =>
  problem('PUBLISH_RELEASE_UNFIT', message, { at: { file: at }, hint });

const checkRelease = (
  record: PublishedRecord,
  brand: PublishedBrand,
  request: PublishableRequest,
): readonly Diagnostic[] => {
  const at = request.shown(RECORD_NAME);
  const { rehearsal } = brand;
  return [
    ...(record.standIns
      ? [
          unfit(
            'The release holds stand-ins: images without a driver in them. They are for rehearsals only.',
            'Name your own drivers under `sources`; `--to emulator` takes stand-ins.',
            at,
          ),
        ]
      : []),
    ...(rehearsal === undefined
      ? [unfit('The release was not rehearsed.', 'Take `rehearse: false` out of winpv.yaml, and release again.', at)]
      : []),
    ...(rehearsal === undefined || ['pass', 'waived'].includes(rehearsal.verdict)
      ? []
      : [unfit(`The rehearsal of ${brand.id} says ${rehearsal.verdict}.`, 'Release again.', at)]),
    ...(record.signing.kind === 'test' && !request.allowTestSigned
      ? [
          unfit(
            'The release is signed by a test key, which no Windows trusts by itself.',
            'Sign with your own key (`signing` in winpv.yaml), or publish it for test machines with --allow-test-signed.',
            at,
          ),
        ]
      : []),
  ];
};

/** Images that are stand-ins by their bytes, whatever the record says. */
const checkImages = (files: readonly OutputFile[], shown: PublishableRequest['shown']): readonly Diagnostic[] =>
  files
    .filter(({ path, bytes }) => isPe(bytes) && isStandIn(parsePe(bytes, path)))
    .map(({ path }) => unfit(`${path} is a stand-in.`, 'There is no driver in it.', shown(path)));

const below = (files: readonly OutputFile[], folder: string): readonly OutputFile[] =>
  files
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .map(({ path, bytes }) => ({ path: path.slice(folder.length + 1), bytes }));

const TRUST = /^trust\/[^/]+\.(cer|pem)$/i;

interface Verified {
  readonly verdicts: ReadonlyMap<string, FileVerdict>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Judges all below a folder of OUT, from its bytes. */
const verified = (request: PublishableRequest, folder: string, roots: readonly Uint8Array[]): Verified => {
  const files = below(request.files, folder);
  const report: TreeVerdict = verifyTree({ files, trust: [...request.trust, ...roots], atMs: request.atMs });
  const placed = report.diagnostics.map((finding) =>
    finding.at === undefined
      ? finding
      : { ...finding, at: { ...finding.at, file: request.shown(`${folder}/${finding.at.file}`) } },
  );
  const errors = placed.filter(({ severity }) => severity === 'error');
  const hint = 'Name the root of your key with --ca.';
  const whole =
    report.verdict === 'valid' || errors.length > 0
      ? []
      : [
          problem('RELEASE_NOT_VALID', `${folder} is ${report.verdict}.`, {
            at: { file: request.shown(folder) },
            hint,
          }),
        ];
  return {
    verdicts: new Map(report.files.map((file) => [`${folder}/${file.path}`, file])),
    diagnostics: [...errors, ...whole],
  };
};

type Kernel = readonly [major: number, minor: number, build: number];

const compareKernels = (a: Kernel, b: Kernel): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** The oldest Windows that both the INF and its catalog are for. */
const oldestWindows = ({ manufacturers }: InfModel, names: readonly string[]): string => {
  const targets = manufacturers.flatMap((one) => one.targets).filter(({ valid }) => valid);
  const oldest = (all: readonly Kernel[]): Kernel => [...all].sort(compareKernels)[0] ?? [0, 0, 0];
  const byInf = oldest(targets.map(({ major = 0, minor = 0, build = 0 }): Kernel => [major, minor, build]));
  const systems = names.flatMap((name) => osByName(name) ?? []);
  const byCatalog = oldest(systems.map(({ major, minor, builds }): Kernel => [major, minor, builds[0]]));
  const later = compareKernels(byInf, byCatalog) > 0 ? byInf : byCatalog;
  return later[0] === 0 ? 'any' : later.join('.');
};

interface PackageSource {
  readonly recorded: PublishedDriver;
  /** Below OUT, and the files of the package without it. */
  readonly folder: string;
  readonly files: readonly OutputFile[];
  readonly kind: (typeof SIGNATURE_KINDS)[number];
  readonly verdicts: ReadonlyMap<string, FileVerdict>;
  readonly release: string;
}

const catalogSigner = ({ files, folder, verdicts }: PackageSource): SignatureReport | undefined =>
  files
    .filter(({ path }) => /\.cat$/i.test(path))
    .flatMap(({ path }) => verdicts.get(`${folder}/${path}`)?.signatures ?? [])[0];

const packageOf = (brand: string, source: PackageSource): NewPackage => {
  const { recorded, files, kind } = source;
  const { driver, architecture, version } = recorded;
  const inf = files.find(({ path }) => path.toLowerCase() === `${driver}.inf`);
  if (inf === undefined) {
    throw new WinpvError('PUBLISH_PACKAGE_MISSING', `${source.folder} has no ${driver}.inf.`, {
      at: { file: source.folder },
      hint: 'Make the release again.',
    });
  }
  const model = infModel(parseInf(inf.bytes, inf.path));
  const signer = catalogSigner(source);
  const partOf = DRIVERS.find(({ name }) => name === driver)?.partOf;
  const { driverVer, provider, class: className } = model.version;
  return {
    path: `${brand}/${driver}/${version}/${architecture}`,
    ...{ brand, driver, version, architecture, provider, class: className, inf: inf.path },
    date: driverVer?.date === undefined ? '0001-01-01' : formatDate(driverVer.date),
    ...(partOf === undefined ? {} : { partOf }),
    windows: { names: [...recorded.windows], from: oldestWindows(model, recorded.windows) },
    hardwareIds: [...recorded.hardwareIds],
    signature: { kind, subject: signer?.subject ?? '', thumbprint: signer?.thumbprint ?? '' },
    release: source.release,
    files: files.map(({ path, bytes }) => ({ name: path, bytes: bytes.length, sha256: sha256Hex(bytes) })),
    content: files.map(({ path, bytes }) => ({ name: path, bytes })),
  };
};

/** Where Partner Center's copy of a package is: its folder has the INF with the driver's name. */
const returnedFolder = (files: readonly OutputFile[], folder: string, driver: string): string | undefined => {
  const inf = files.find(({ path }) => path.startsWith(`${folder}/`) && path.toLowerCase().endsWith(`/${driver}.inf`));
  return inf?.path.replace(/\/[^/]+$/, '');
};

const trustOf = (request: PublishableRequest, kinds: readonly NewPackage[]): readonly NewTrust[] => {
  const { brand } = request;
  if (!kinds.some(({ signature }) => signature.kind === 'test')) return [];
  const files = below(request.files, brand).filter(({ path }) => TRUST.test(path) && /\.cer$/i.test(path));
  const mark = sha256Hex(Buffer.concat(files.map(({ bytes }) => bytes))).slice(0, 16);
  return files.map(({ path, bytes }) => ({
    name: `${brand}/trust/${mark}/${path.slice('trust/'.length)}`,
    ...{ brand, bytes: bytes.length, sha256: sha256Hex(bytes), content: bytes },
  }));
};

const RETURNED_HINT = 'Take it to Partner Center with `winpv submit`, then publish what came back.';

const kindWarning = (packages: readonly NewPackage[], at: string): readonly Diagnostic[] =>
  packages.some(({ signature }) => signature.kind === 'own')
    ? [
        problem(
          'PUBLISH_UNSIGNED_FOR_WINDOWS',
          'Packages have the signature of your own key alone; Windows 10 1607 and later, with Secure Boot, load only what Partner Center signed.',
          { severity: 'warning', at: { file: at }, hint: RETURNED_HINT },
        ),
      ]
    : [];

/**
 * What of a release is published for a brand, judged from the bytes: checksums both ways, signatures, the rehearsal of its record,
 * stand-ins. Where Partner Center's signed copy of an architecture is at hand, that is taken.
 * @throws WinpvError PUBLISH_PACKAGE_MISSING, PROJECT_UNKNOWN_NAME, CONFIG_*
 */
export const publishableRelease = (request: PublishableRequest): Publishable => {
  const { files, brand: id, shown } = request;
  const bytes = files.find(({ path }) => path === RECORD_NAME)?.bytes;
  if (bytes === undefined) {
    throw new WinpvError('PUBLISH_PACKAGE_MISSING', `${shown(RECORD_NAME)} does not exist.`, {
      at: { file: shown(RECORD_NAME) },
      hint: 'Name what was made with `winpv release`.',
    });
  }
  const record = parseJson(bytes, shown(RECORD_NAME), publishedRecord);
  const brand = record.brands.find((one) => one.id === id);
  if (brand === undefined) {
    throw new WinpvError('PROJECT_UNKNOWN_NAME', `The release has no brand "${id}".`, {
      at: { file: shown(RECORD_NAME) },
      hint: `It has ${record.brands.map((one) => one.id).join(', ')}.`,
    });
  }
  const test = record.signing.kind === 'test';
  const own = below(files, id);
  const testRoots = test
    ? own.filter(({ path }) => TRUST.test(path)).flatMap((one) => parseCertificates(one.bytes, one.path))
    : [];
  const sums = checkSums(files).map((finding) =>
    finding.at === undefined ? finding : { ...finding, at: { ...finding.at, file: shown(finding.at.file) } },
  );
  const built = verified(request, id, testRoots);
  const returned = request.returned.map((one) => ({ ...one, ...verified(request, one.folder, one.roots) }));
  const release = sha256Hex(bytes);
  const packages = brand.packages.map((recorded) => {
    const back = returned.find(({ architecture }) => architecture === recorded.architecture);
    const folder = back === undefined ? undefined : returnedFolder(files, back.folder, recorded.driver);
    const source: PackageSource =
      back === undefined || folder === undefined
        ? {
            recorded,
            folder: recorded.folder,
            files: below(files, recorded.folder),
            kind: test ? 'test' : 'own',
            verdicts: built.verdicts,
            release,
          }
        : { recorded, folder, files: below(files, folder), kind: 'partner-center', verdicts: back.verdicts, release };
    return packageOf(id, source);
  });
  return {
    publication: {
      release: { record: release, brand: id, date: record.date, tool: record.tool.version },
      packages,
      trust: trustOf(request, packages),
    },
    record: bytes,
    cabinets: files.filter(({ path }) => brand.cabinets.some((one) => one.path === path)),
    version: brand.packages[0]?.version ?? '0.0.0.0',
    date: record.date,
    diagnostics: [
      ...checkRelease(record, brand, request),
      ...(record.standIns ? [] : checkImages(own, shown)),
      ...sums,
      ...built.diagnostics,
      ...returned.flatMap((one) => one.diagnostics),
      ...kindWarning(packages, shown(id)),
    ],
  };
};
