import { z } from 'zod';
import { ARCHITECTURES, type Architecture } from '../../core/architecture.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';

/** What a submission has to know of a release, from its `release.json`. */
export interface SubmittedRelease {
  readonly architecture: Architecture;
  readonly title: string;
  readonly windows: readonly string[];
  /** The submission cabinet, as the release recorded it; its path is from OUT. */
  readonly cabinet: { readonly path: string; readonly sha256: string } | undefined;
  readonly standIns: boolean;
  readonly testSigned: boolean;
  readonly rehearsed: boolean;
}

const record = z.looseObject({
  standIns: z.boolean(),
  signing: z.looseObject({ kind: z.string() }),
  rehearsal: z.unknown(),
  brands: z.array(
    z.looseObject({
      id: z.string(),
      packages: z.array(z.looseObject({ architecture: z.string(), version: z.string(), windows: z.array(z.string()) })),
      cabinets: z.array(z.looseObject({ path: z.string(), sha256: z.string() })),
    }),
  ),
});

const none = (what: string, file: string, there: readonly string[]): WinpvError =>
  new WinpvError('PROJECT_UNKNOWN_NAME', `The release has no ${what}.`, {
    at: { file },
    hint: `It has ${[...new Set(there)].join(', ')}.`,
  });

/** @throws WinpvError CONFIG_*, PROJECT_UNKNOWN_NAME */
export const submittedRelease = (
  bytes: Uint8Array,
  file: string,
  choice: { readonly brand: string; readonly architecture: string },
): SubmittedRelease => {
  const { standIns, signing, rehearsal, brands } = parseJson(bytes, file, record);
  const brand = brands.find(({ id }) => id === choice.brand);
  if (brand === undefined) {
    const there = brands.map(({ id }) => id);
    throw none(`brand "${choice.brand}"`, file, there);
  }
  const packages = brand.packages.filter((one) => one.architecture === choice.architecture);
  const architecture = ARCHITECTURES.find((one) => one === choice.architecture);
  const [first] = packages;
  if (first === undefined || architecture === undefined) {
    const there = brand.packages.map((one) => one.architecture);
    throw none(`package of "${choice.brand}" for ${choice.architecture}`, file, there);
  }
  const name = `${brand.id}-${architecture}-submission.cab`;
  return {
    architecture,
    title: `${brand.id} PV drivers ${first.version}`,
    windows: [...new Set(packages.flatMap(({ windows }) => windows))],
    cabinet: brand.cabinets.find(({ path }) => path === name),
    standIns,
    testSigned: signing.kind === 'test',
    rehearsed: rehearsal !== 'switched off',
  };
};

/** What a release may not be when it is submitted; less of that towards the emulator. */
export const checkSubmittable = (
  release: SubmittedRelease,
  { emulated, file }: { readonly emulated: boolean; readonly file: string },
): readonly Diagnostic[] => {
  const unfit = (message: string, hint: string): Diagnostic =>
    problem('PUBLISH_RELEASE_UNFIT', message, { at: { file }, hint });
  return [
    ...(release.rehearsed
      ? []
      : [unfit('The release was not rehearsed.', 'Take `rehearse: false` out of winpv.yaml, and release again.')]),
    ...(release.standIns && !emulated
      ? [unfit('The release holds stand-ins: images without a driver in them.', 'Name your own under `sources`.')]
      : []),
    ...(release.testSigned && !emulated
      ? [unfit('The release is signed by a test key.', 'Name the key that your account knows under `signing`.')]
      : []),
  ];
};
