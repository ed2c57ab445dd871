import { describe, expect, test } from 'vitest';
import { planSubmissionCab, type SubmissionPackage } from '../../../../packaging/formats/cab/submission.ts';

const files = (...names: readonly string[]) => names.map((name) => ({ name, bytes: Uint8Array.of(1) }));
const xenbus: SubmissionPackage = {
  folder: 'xenbus',
  files: files('xenbus.sys', 'xenbus.inf', 'xenbus.cat', 'xenbus.pdb'),
};
const xenvbd: SubmissionPackage = {
  folder: 'xenvbd',
  files: files('xenvbd.inf', 'xenvbd.cat', 'xenvbd.sys', 'xenvbd.pdb'),
};
const codes = (...packages: readonly SubmissionPackage[]): readonly string[] =>
  planSubmissionCab(packages).diagnostics.map(({ code, severity }) => `${severity} ${code}`);

describe('a submission cabinet', () => {
  test('has one folder a package, folders and files sorted', () => {
    const plan = planSubmissionCab([xenvbd, xenbus]);
    expect(plan.diagnostics).toEqual([]);
    expect(plan.files.map(({ name }) => name)).toEqual([
      'xenbus/xenbus.cat',
      'xenbus/xenbus.inf',
      'xenbus/xenbus.pdb',
      'xenbus/xenbus.sys',
      'xenvbd/xenvbd.cat',
      'xenvbd/xenvbd.inf',
      'xenvbd/xenvbd.pdb',
      'xenvbd/xenvbd.sys',
    ]);
  });

  test('has a package', () => {
    expect(codes()).toEqual(['error CAB_EMPTY']);
  });

  test('has no file at its root', () => {
    expect(codes({ ...xenbus, folder: '' })).toEqual(['error CAB_FILE_AT_ROOT']);
  });

  test.each(['xen bus', 'xénbus', 'xen&bus', '\\\\server\\share', 'a/b', '..', 'nul', 'x'.repeat(40)])(
    'has no folder called %j',
    (folder) => {
      expect(codes({ ...xenbus, folder })).toEqual(['error CAB_FOLDER_NAME']);
    },
  );

  test('takes a folder name of 39 characters', () => {
    expect(codes({ ...xenbus, folder: 'x'.repeat(39) })).toEqual([]);
  });

  test('has one package a folder, whatever the case', () => {
    expect(codes(xenbus, { ...xenvbd, folder: 'XenBus' })).toEqual(['error CAB_FOLDER_TWICE']);
  });

  test('has no folder inside a package', () => {
    expect(codes({ ...xenbus, files: [...xenbus.files, ...files('x64\\a.sys')] })).toEqual(['error CAB_FOLDER_NESTED']);
  });

  test('has an INF in each package', () => {
    expect(codes({ folder: 'x', files: files('x.sys', 'x.cat', 'x.pdb') })).toEqual(['error CAB_NO_INF']);
  });

  test('has no file twice and no unsafe name', () => {
    expect(codes({ ...xenbus, files: [...xenbus.files, ...files('XENBUS.INF')] })).toEqual(['error CAB_NAME_TWICE']);
    expect(codes({ ...xenbus, files: [...xenbus.files, ...files('a:b')] })).toEqual(['error CAB_NAME_UNSAFE']);
  });

  test('is warned about without symbols or catalog, and an INF alone needs no symbols', () => {
    expect(codes({ folder: 'x', files: files('x.inf', 'x.sys') })).toEqual([
      'warning CAB_NO_SYMBOLS',
      'warning CAB_NO_CATALOG',
    ]);
    expect(codes({ folder: 'x', files: files('x.INF', 'x.CAT') })).toEqual([]);
  });

  test('lists everything that is wrong, not the first thing', () => {
    expect(codes({ folder: '', files: files('a.sys') }, { folder: 'a b', files: [] })).toEqual([
      'error CAB_FILE_AT_ROOT',
      'error CAB_NO_INF',
      'warning CAB_NO_SYMBOLS',
      'warning CAB_NO_CATALOG',
      'error CAB_FOLDER_NAME',
      'error CAB_NO_INF',
      'warning CAB_NO_CATALOG',
    ]);
  });
});
