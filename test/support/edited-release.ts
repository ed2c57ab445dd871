import type { DriverDefinition, DriverGeneration } from '../../drivers/contract.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { decodeInfText, encodeInfText } from '../../packaging/formats/inf/text.ts';
import type { StandIn } from '../../packaging/formats/pe/stand-in.ts';
import { renderDriver, type TestBrand, XEN_PROJECT } from '../drivers/render.ts';
import { binaryOf, withCatalogs } from './pv-package.ts';
import { PACKAGED } from './rehearsal.ts';

/** What makes a release another one than winpv's own. */
export interface ReleaseEdits {
  readonly brand?: TestBrand;
  /** `9.1` when not given; a driver without that generation is left out. */
  readonly generation?: '9.1' | '8.2';
  /** Only these; all when not given. */
  readonly drivers?: readonly string[];
  /** By driver: the brand that this package alone is made for. */
  readonly brands?: Readonly<Record<string, TestBrand>>;
  /** By driver: its INF as text with `\n` line ends. */
  readonly infs?: Readonly<Record<string, (text: string) => string>>;
  /** By name of the source file: how its image differs, or another one; `missing` takes it away. */
  readonly images?: Readonly<Record<string, Partial<StandIn> | Uint8Array | 'missing'>>;
  /** Other files, `xenbus/x64/scsifilt.sys`; in the folder of a driver they are in its catalog when its INF names them. */
  readonly more?: readonly CheckedFile[];
}

/** An INF with its text changed; it keeps its encoding. */
export const editedInf = (
  bytes: Uint8Array,
  file: string,
  edit: ((text: string) => string) | undefined,
): Uint8Array => {
  if (edit === undefined) return bytes;
  const { text, encoding } = decodeInfText(bytes, file);
  const before = text.replaceAll('\r\n', '\n');
  const after = edit(before);
  if (after === before) throw new Error(`the edit changes nothing in ${file}`);
  return encodeInfText(after.replaceAll('\n', '\r\n'), encoding);
};

const packageOf = (
  driver: DriverDefinition,
  generation: DriverGeneration,
  { brand = XEN_PROJECT, brands = {}, infs = {}, images = {}, more = [] }: ReleaseEdits,
): readonly CheckedFile[] => {
  const own = brands[driver.name] ?? brand;
  const name = `${driver.name}.inf`;
  const folder = `${driver.name}/x64/`;
  const inf = editedInf(renderDriver(driver, generation, own).bytes, name, infs[driver.name]);
  const binaries = generation.files.flatMap((file) => {
    const changes = images[file.name];
    if (changes === 'missing') return [];
    const bytes = changes instanceof Uint8Array ? changes : binaryOf(file, own.version, changes);
    return [{ path: file.name, bytes }];
  });
  const others = more
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path, bytes }) => ({ path: path.slice(folder.length), bytes }));
  const files = withCatalogs(
    [{ path: name, bytes: inf }, ...binaries, ...others],
    (generation.windows.x64 ?? []).join(','),
  );
  return files.map(({ path, bytes }) => ({ path: `${folder}${path}`, bytes }));
};

/** A whole release from winpv's templates and stand-ins with something changed: its catalogs are made after that. */
export const editedRelease = (edits: ReleaseEdits): readonly CheckedFile[] =>
  PACKAGED.filter(({ name }) => edits.drivers?.includes(name) ?? true).flatMap((driver) => {
    const generation = driver.generations.find((one) => one.name === (edits.generation ?? '9.1'));
    return generation === undefined ? [] : packageOf(driver, generation, edits);
  });

/** Replaces a text that has to be there, wherever it stands. */
export const replacing =
  (what: string | RegExp, by: string) =>
  (text: string): string =>
    text.replaceAll(typeof what === 'string' ? what : new RegExp(what.source, `${what.flags.replace('g', '')}g`), by);

/** Takes away every line with a text. */
export const without =
  (what: string | RegExp) =>
  (text: string): string =>
    text
      .split('\n')
      .filter((line) => (typeof what === 'string' ? !line.includes(what) : !what.test(line)))
      .join('\n');

/** One edit after the other. */
export const both =
  (...edits: readonly ((text: string) => string)[]) =>
  (text: string): string =>
    edits.reduce((now, edit) => edit(now), text);
