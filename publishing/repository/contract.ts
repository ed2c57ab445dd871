import { z } from 'zod';
import { ARCHITECTURES } from '../../core/architecture.ts';
import { WinpvError } from '../../core/errors.ts';
import { archiveNameFlaw } from '../../packaging/formats/archive-names.ts';

/** The form of a driver repository: docs/guide/publish.md describes it for whoever reads one without winpv. */
export const REPOSITORY_FORMAT = 1;
/** What is written last: whatever it names is there, whole. */
export const INDEX_NAME = 'index.json';
export const CHECKSUMS_NAME = 'SHA256SUMS';
/** Says what a publication is about to add or take away, while it does. */
export const JOURNAL_NAME = '.winpv-publishing.json';
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

const safePath = z
  .string()
  .refine((path) => archiveNameFlaw(path) === undefined && !path.includes('\\'), 'unsafe path');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const version = z.string().regex(/^\d+\.\d+\.\d+\.\d+$/);

const storedFile = z.strictObject({ name: safePath, bytes: z.int().nonnegative(), sha256 });
export type StoredFile = z.output<typeof storedFile>;

/** `partner-center`: Microsoft's signature came back; `own`: the release's key alone; `test`: a key that no Windows trusts. */
export const SIGNATURE_KINDS = ['partner-center', 'own', 'test'] as const;

const signature = z.strictObject({
  kind: z.enum(SIGNATURE_KINDS),
  /** Of the catalog's signer. */
  subject: z.string(),
  /** SHA-1 of its certificate, as Windows shows it, in lower case. */
  thumbprint: z.string(),
});

/** One driver package: a folder with an INF, what it installs, and the catalog. */
export const repositoryPackage = z.strictObject({
  /** The folder: brand/driver/version/architecture. */
  path: safePath,
  brand: z.string(),
  driver: z.string(),
  version,
  /** Of DriverVer: Windows compares it before the version. */
  date: day,
  architecture: z.enum(ARCHITECTURES),
  inf: safePath,
  provider: z.string(),
  class: z.string(),
  /** The package that ships this driver as well; this one is for offline servicing. */
  partOf: z.string().optional(),
  windows: z.strictObject({
    /** Names as Inf2Cat has them. */
    names: z.array(z.string()),
    /** The oldest Windows that a Models section of the INF is for: `10.0.14393`. */
    from: z.string(),
  }),
  hardwareIds: z.array(z.string()),
  signature,
  /** SHA-256 of the release.json that it came with. */
  release: sha256,
  /** Folders of older packages that this one takes the place of wherever they are installed. */
  supersedes: z.array(safePath),
  files: z.array(storedFile).min(1),
});
export type RepositoryPackage = z.output<typeof repositoryPackage>;

const repositoryRelease = z.strictObject({
  record: sha256,
  brand: z.string(),
  date: day,
  /** The winpv that made it. */
  tool: z.string(),
});
export type RepositoryRelease = z.output<typeof repositoryRelease>;

/** Certificates that a machine has to trust before it takes test-signed packages. */
const trustFile = storedFile.extend({ brand: z.string() });
export type TrustFile = z.output<typeof trustFile>;

export const repositoryIndex = z.strictObject({
  formatVersion: z.literal(REPOSITORY_FORMAT),
  tool: z.literal('winpv'),
  releases: z.array(repositoryRelease),
  packages: z.array(repositoryPackage),
  trust: z.array(trustFile),
});
export type RepositoryIndex = z.output<typeof repositoryIndex>;

export const EMPTY_INDEX: RepositoryIndex = {
  formatVersion: REPOSITORY_FORMAT,
  tool: 'winpv',
  releases: [],
  packages: [],
  trust: [],
};

export const encodeIndex = (index: RepositoryIndex): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(repositoryIndex.encode(index), undefined, 2)}\n`);

const broken = (file: string, why: string): WinpvError =>
  new WinpvError('REPOSITORY_BROKEN', `The index cannot be read: ${why}. Nothing was changed.`, {
    at: { file },
    hint: 'Take it from a backup, or publish to another folder.',
  });

/** @throws WinpvError REPOSITORY_BROKEN, REPOSITORY_NEWER */
export const parseIndex = (bytes: Uint8Array, file: string): RepositoryIndex => {
  if (bytes.length > MAX_INDEX_BYTES) throw broken(file, 'it is too large');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw broken(file, 'it is not JSON');
  }
  const found =
    value !== null && typeof value === 'object' && 'formatVersion' in value ? value.formatVersion : undefined;
  if (typeof found === 'number' && found > REPOSITORY_FORMAT) {
    throw new WinpvError(
      'REPOSITORY_NEWER',
      `The repository is of format ${found}; this winpv knows ${REPOSITORY_FORMAT}. Nothing was changed.`,
      { at: { file }, hint: 'Publish with the winpv that wrote it, or a newer one.' },
    );
  }
  const read = repositoryIndex.safeParse(value);
  if (!read.success) {
    const [first] = read.error.issues;
    throw broken(file, `${first?.path.join('.') ?? 'it'}: ${first?.message ?? 'another form'}`);
  }
  const paths = read.data.packages.map(({ path }) => path.toLowerCase());
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) throw broken(file, `${twice} stands in it twice`);
  return read.data;
};
