import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import { driverNamed, generationOf } from '../../drivers/index.ts';
import { formOf } from '../../emulator/history/historic-package.ts';
import { generationFor, inForm } from '../../emulator/history/inf-form.ts';
import { registeredBuild } from '../../emulator/history/register.ts';
import { buildVersion, KNOWN_RELEASES } from '../../emulator/history/releases.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { renderTemplate } from '../../packaging/bundle/render-template.ts';
import { type TestBrand, tokensFor, XEN_PROJECT } from '../drivers/render.ts';
import { editedInf, type ReleaseEdits } from './edited-release.ts';
import { projectRoot } from './outside.ts';
import { binaryOf, withCatalogs } from './pv-package.ts';

type Edits = Pick<ReleaseEdits, 'brand' | 'infs' | 'images'> & {
  /** Four numbers and a day, instead of those of the build. */
  readonly version?: string;
  readonly infDate?: string;
};

const american = (day: string): string => `${day.slice(5, 7)}/${day.slice(8, 10)}/${day.slice(0, 4)}`;

const packageOf = (driver: string, label: string, edits: Edits): readonly CheckedFile[] => {
  const known = KNOWN_RELEASES.find((release) => release.label === label);
  const build = known?.builds.find((one) => one.driver === driver);
  const registered = build === undefined ? undefined : registeredBuild(driver, build.commit);
  if (known === undefined || build === undefined || registered === undefined)
    throw new Error(`no ${driver} of ${label}`);
  const form = formOf(registered);
  const name = generationFor(driver, form);
  const generation = generationOf(driverNamed(driver), name) ?? generationOf(driverNamed(driver), '9.1');
  if (generation === undefined) throw new Error(`no generation ${name} of ${driver}`);
  const text = readFileSync(join(projectRoot, generation.template), 'utf8');
  const binds = registered.need?.binds;
  const template = inForm(text, { driver, form, generation: generation.name === '8.2' ? '8.2' : '9.1', binds });
  const version = edits.version ?? buildVersion(known, build).join('.');
  const infDate = edits.infDate ?? american(build.built);
  const brand: TestBrand = { ...(edits.brand ?? XEN_PROJECT), version, infDate };
  const tokens = tokensFor(brand, 'x64');
  const { bytes } = renderTemplate(utf8(template), generation.template, tokens, { lineEnds: 'crlf' });
  const inf = { path: `${driver}.inf`, bytes: editedInf(bytes, `${driver}.inf`, edits.infs?.[driver]) };
  const binaries = generation.files.flatMap((file) => {
    const changes = edits.images?.[file.name];
    if (changes === 'missing') return [];
    return [{ path: file.name, bytes: changes instanceof Uint8Array ? changes : binaryOf(file, version, changes) }];
  });
  const files = withCatalogs([inf, ...binaries], (generation.windows.x64 ?? []).join(','));
  return files.map((file) => ({ ...file, path: `${driver}/x64/${file.path}` }));
};

/** Files as drivers of known releases had them, by driver: each from the release named, with stand-ins for its binaries. */
export const mixedRelease = (labels: Readonly<Record<string, string>>, edits: Edits = {}): readonly CheckedFile[] =>
  Object.entries(labels).flatMap(([driver, label]) => packageOf(driver, label, edits));

/** Drivers without which a machine gains nothing. */
export const VITAL = ['xenbus', 'xenvbd', 'xenvif', 'xennet'] as const;

/** The vital drivers of one release, some of them from others. */
export const knownRelease = (
  label: string,
  others: Readonly<Record<string, string>> = {},
  edits: Edits = {},
): readonly CheckedFile[] =>
  mixedRelease({ ...Object.fromEntries(VITAL.map((driver) => [driver, label])), ...others }, edits);
