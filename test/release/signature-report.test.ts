import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { WINDOWS_RELEASES } from '../../packaging/signing/policy-data.ts';
import type { SignatureFileReport } from '../../release/making/signature-report.ts';
import { winpvJson } from '../support/command-line.ts';
import { makeProject } from '../support/project.ts';

test('a release says of each file which Windows loads it, and why', async () => {
  const project = await makeProject({
    'winpv.yaml': 'brands: [xenproject]\nsources: { default: stand-in }\ndrivers: [xenbus]\nsigning: { test: true }\n',
  });
  try {
    const out = project.path('out');
    const { exit } = await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04']);
    expect(exit).toBe(0);
    const report = JSON.parse(readFileSync(project.path('out', 'signatures.json'), 'utf8')) as SignatureFileReport;
    const files = report.tables.flatMap((table) => table.files);
    expect(new Set(files).size).toBe(files.length);
    expect(files.toSorted()).toEqual(
      ['x64', 'x86'].flatMap((arch) =>
        ['xen.sys', 'xenbus.cat', 'xenbus.sys', 'xenbus_monitor.exe', 'xenfilt.sys'].map(
          (name) => `xenproject/xenbus/${arch}/${name}`,
        ),
      ),
    );
    const table = report.tables.find((one) => one.files.includes('xenproject/xenbus/x64/xenbus.sys'));
    expect(table?.explanation?.id).toBe('test-signed');
    const answerOf = (machine: string) => table?.answers.find(({ machines }) => machines.includes(machine))?.loads;
    expect(answerOf('11-24h2 x64')).toBe('no');
    expect(answerOf('11-24h2 x64 testSigning')).toBe('yes');
    expect(answerOf('11-24h2 x64 secureBoot testSigning')).toBe('no');
    expect(answerOf('7-sp1 x86')).toBe('no');
    const machines = table?.answers.flatMap((answer) => answer.machines) ?? [];
    expect(new Set(machines).size).toBe(machines.length);
    const named = new Set(machines.map((machine) => machine.split(' ')[0]));
    expect(named).toEqual(new Set(WINDOWS_RELEASES.map(({ name }) => name)));
  } finally {
    project.dispose();
  }
});
