import { toHex } from '../../core/bytes.ts';
import type { Files } from '../../core/ports.ts';
import type { ReadySigning } from '../making/signing.ts';
import { type OutputFile, SUMS_NAME, sha256Hex } from '../output.ts';
import type { Prepared, ReleasePorts } from '../prepare.ts';
import { type BrandMaking, hashOfJson } from './kept.ts';

/** Settings whose effect is in a plan already, or in the keys: what they say there counts, not how it is written. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set([
  'brands',
  'sources',
  'drivers',
  'architectures',
  'windows',
  'signing',
  'patches',
]);

/** The compiled code of winpv by the names of its files, which have hashes of their content in them. */
export const toolHash = async ({ files, packageRoot }: ReleasePorts, version: string): Promise<string> => {
  const build = files.join(packageRoot, 'build');
  const there = (await files.stat(build))?.kind === 'folder' ? await files.list(build) : [];
  return hashOfJson([version, there.map(({ name, size }) => [name, size])]);
};

const keysHash = async ({ describe, anchors, trust }: ReadySigning): Promise<string> => {
  const files = trust.map(({ path, bytes }: OutputFile) => [path, sha256Hex(bytes)]);
  return hashOfJson([(await describe()).thumbprint, anchors().map(toHex), files]);
};

/** An earlier release by its checksums, or an archive of one by its own; undefined when it has none. */
const earlierHash = async (files: Files, path: string): Promise<string | undefined> => {
  const entry = await files.stat(path);
  const place = entry?.kind === 'folder' ? files.join(path, SUMS_NAME) : path;
  return (await files.stat(place))?.kind === 'file' ? sha256Hex(await files.read(place)) : undefined;
};

/**
 * What each brand of a release follows from, in hashes: the same ones give the same bytes. Undefined when it cannot be
 * told: keys that a tool has to itself, or earlier releases without checksums.
 */
export const makingsOf = async (
  { plan, loaded }: Prepared,
  signing: ReadySigning,
  toolVersion: string,
  ports: ReleasePorts,
): Promise<ReadonlyMap<string, BrandMaking> | undefined> => {
  const { project, brands } = loaded;
  // What is known of revocation today decides, and is kept with what it was known for.
  if (project.signing.kind === 'file-command' || project.revocation !== undefined) return undefined;
  const { rehearsal, signing: how, settings, timestamps } = project;
  const from = rehearsal.kind === 'off' ? [] : rehearsal.from;
  const earlier = await Promise.all(from.map((path) => earlierHash(ports.files, path)));
  if (earlier.includes(undefined)) return undefined;
  const own = Object.entries(settings.value).filter(([name]) => !TOLD_ELSEWHERE.has(name));
  const common = [
    ...[plan.formatVersion, plan.date, plan.signing, plan.rehearsal, plan.inputs, own, earlier, loaded.whole],
    ...[how.existing, how.purpose, timestamps.kind],
  ];
  const [tool, keys] = [await toolHash(ports, toolVersion), await keysHash(signing)];
  return new Map(
    plan.brands.map((brand) => {
      const queue = brands.find((one) => one.loaded.brand.id === brand.id)?.queue;
      const patches = queue?.patches.map(({ name, meta }) => [name, meta]);
      return [brand.id, { tool, keys, plan: hashOfJson([common, brand, patches]) }];
    }),
  );
};
