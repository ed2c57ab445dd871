import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { stripPeSignature } from '../../packaging/formats/pe/attach.ts';
import { winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

const projects: TestProject[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

const brand = (changes: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    ...{ id: 'acme', version: '"9.1.0.7"', vendorName: 'Acme', vendorPrefix: 'AC', productName: 'Acme' },
    ...{ vendorDeviceId: '"C2F0"' },
    ...changes,
  })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');

const STAND_INS = 'sources: { default: stand-in }\n';
const FROM_BIN = 'sources: { default: stand-in, xenbus: { binaries: bin } }\n';

const release = async (files: Readonly<Record<string, string | Uint8Array>>, sources: string) => {
  const settings = `brands: [acme.yaml]\n${sources}architectures: [x64]\ndrivers: [xenbus, xenvbd]\n`;
  const project = await makeProject({ 'winpv.yaml': settings, ...files });
  projects.push(project);
  const answer = await winpvJson([
    'release',
    '-C',
    project.folder,
    '--out',
    project.path('out'),
    '--date',
    '2026-05-04',
  ]);
  return { answer, project };
};

/** The bus binaries of a release of stand-ins, unsigned. */
const busOf = async (text: string): Promise<Readonly<Record<string, Uint8Array>>> => {
  const { project } = await release({ 'acme.yaml': text }, STAND_INS);
  const folder = project.path('out', 'acme', 'xenbus', 'x64');
  return Object.fromEntries(
    filesBelow(folder)
      .filter((name) => /\.(sys|exe)$/.test(name))
      .map((name) => [`bin/x64/${name}`, stripPeSignature(new Uint8Array(readFileSync(`${folder}/${name}`)), name)]),
  );
};

const problemsOf = ({ answer }: Awaited<ReturnType<typeof release>>): readonly string[] =>
  (answer.diagnostics ?? [])
    .filter(({ code, severity }) => severity === 'error' || /^PV_(BINARY|VERSION|BUILD)/.test(code))
    .map(({ severity, code, failureMode, message }) => `${severity} ${failureMode} ${code} ${message.split(' ')[0]}`);

/** A release with the bus binaries of a brand that differs in one setting. */
const withBusOf = async (changes: Readonly<Record<string, string>>, own: Readonly<Record<string, string>> = {}) => {
  const binaries = await busOf(brand(changes));
  return release({ 'acme.yaml': brand(own), ...binaries }, FROM_BIN);
};

describe('a release with bus binaries', () => {
  test('of the same brand is made, without a word about them', async () => {
    const made = await withBusOf({});
    expect(made.answer.ok, JSON.stringify(made.answer.error)).toBe(true);
    expect(problemsOf(made)).toEqual([]);
  });

  test('of another prefix stops (F01)', async () => {
    const made = await withBusOf({ vendorPrefix: 'AD' });
    expect(made.answer.exit).toBe(4);
    expect(problemsOf(made)).toEqual(['error F01 PV_BINARY_PREFIX xenbus.sys']);
    expect(filesBelow(made.project.path('out'))).toEqual([]);
  });

  test('for another platform function stops (F02)', async () => {
    const made = await withBusOf({ vendorDeviceId: '"C2F1"' });
    expect(made.answer.exit).toBe(4);
    expect(new Set(problemsOf(made))).toEqual(
      new Set(['xen.sys', 'xenbus.sys', 'xenfilt.sys'].map((name) => `error F02 PV_BINARY_FUNCTION ${name}`)),
    );
  });

  test('of another vendor or version is made, with warnings', async () => {
    const made = await withBusOf({ vendorName: 'Elsewhere', version: '"9.1.0.6"' });
    expect(made.answer.ok, JSON.stringify(made.answer.error)).toBe(true);
    expect(problemsOf(made)).toEqual([
      'warning undefined PV_VERSION_RESOURCE xen.sys,',
      'warning undefined PV_VERSION_RESOURCE xen.sys,',
    ]);
  });

  test('of another vendor or version is made without warnings by a brand that rewrites', async () => {
    const made = await withBusOf({ vendorName: 'Elsewhere', version: '"9.1.0.6"' }, { rewriteVersions: 'true' });
    expect(made.answer.ok, JSON.stringify(made.answer.error)).toBe(true);
    expect(problemsOf(made)).toEqual([]);
  });
});

test('rewriting changes no stand-in, which is the brand’s already', async () => {
  const plain = await busOf(brand());
  expect(await busOf(brand({ rewriteVersions: 'true' }))).toEqual(plain);
});
