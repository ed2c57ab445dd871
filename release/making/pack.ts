import { type CalendarDate, dateToEpochMs } from '../../core/date.ts';
import { type Diagnostic, stopOnErrors } from '../../core/errors.ts';
import { type Bundle, packageFolder } from '../../packaging/bundle/bundle.ts';
import { packCab } from '../../packaging/formats/cab/encode.ts';
import { planSubmissionCab } from '../../packaging/formats/cab/submission.ts';
import { encodeZip } from '../../packaging/formats/zip/encode.ts';
import type { SignFile } from '../../packaging/signing/sign-file.ts';
import type { OutputFile } from '../output.ts';
import type { PlannedBrand, PlannedCabinet } from '../plan.ts';

/** A brand's packages as files below OUT/<brand>. */
export const bundleFiles = (bundle: Bundle<'signed'>): readonly OutputFile[] =>
  bundle.packages.flatMap((pack) =>
    pack.files.map(({ name, bytes }) => ({ path: `${packageFolder(pack)}/${name}`, bytes })),
  );

export interface PackedCabinet {
  readonly file: OutputFile;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CabinetOptions {
  readonly date: CalendarDate;
  readonly sign: SignFile;
  /** The path to show for a file of the release, in findings. */
  readonly shown: (path: string) => string;
}

/**
 * One cabinet for Partner Center: a folder a package of one architecture, with symbols, signed.
 * @throws WinpvError CAB_* for every broken layout rule, SIGN_*
 */
export const packCabinet = async (
  cabinet: PlannedCabinet,
  bundle: Bundle<'signed'>,
  { date, sign, shown }: CabinetOptions,
): Promise<PackedCabinet> => {
  const packages = bundle.packages
    .filter((pack) => pack.architecture === cabinet.architecture && cabinet.packages.includes(pack.driver))
    .map((pack) => ({ folder: pack.driver, files: [...pack.files, ...pack.symbols] }));
  const standInsOnly = bundle.packages.every((pack) =>
    pack.files.every((file) => file.role !== 'binary' || file.standIn),
  );
  const { files, diagnostics } = planSubmissionCab(packages, shown(cabinet.path));
  stopOnErrors(diagnostics);
  const modified = dateToEpochMs(date);
  const unsigned = await packCab(
    files.map((file) => ({ ...file, modified })),
    { compress: 'mszip' },
  );
  return {
    file: { path: cabinet.path, bytes: await sign('cab', unsigned, cabinet.path) },
    diagnostics: standInsOnly ? [] : diagnostics,
  };
};

/** Everything below OUT/<brand> as one ZIP. */
export const packZip = async (
  plan: PlannedBrand,
  files: readonly OutputFile[],
  date: CalendarDate,
): Promise<OutputFile> => ({
  path: plan.zip,
  bytes: await encodeZip(
    files.map(({ path, bytes }) => ({ name: path, bytes })),
    { modified: dateToEpochMs(date) },
  ),
});
