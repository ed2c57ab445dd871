import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_GUESTS, DEFAULT_SCENARIOS } from '../../release/project/rehearsal.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { projectRoot } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

const PROJECT = `brands: [xenproject]
sources: { default: stand-in }
drivers: [xenbus, xenvbd]
architectures: [x64]
`;
/** One run. */
const QUICK = 'guests: [windows-10-22h2-x64], scenarios: [fresh-install-second-platform]';

let project: TestProject;
beforeAll(async () => {
  project = await makeProject({});
});
afterAll(() => project.dispose());

const release = (rest: string, ...more: readonly string[]) => {
  project.write('winpv.yaml', `${PROJECT}${rest}\n`);
  const out = more.includes('--out') ? [] : ['--out', project.path('out')];
  const args = ['release', '-C', project.folder, ...out, '--date', '2026-05-04', '--clean'];
  return winpvJson([...args, ...more]);
};

describe('the rehearsal of a release', () => {
  test('is of a named subset, and is recorded for each brand', { timeout: 60_000 }, async () => {
    const { exit, result } = await release('rehearse: {}');
    expect(exit).toBe(0);
    expect(result.rehearsal).toEqual({ guests: DEFAULT_GUESTS, scenarios: DEFAULT_SCENARIOS });
    const { rehearsal } = result.brands[0];
    expect(rehearsal).toMatchObject({ verdict: 'pass', scenarios: DEFAULT_SCENARIOS, findings: [] });
    expect(rehearsal.guests).toEqual(['windows-10-22h2-x64', 'windows-11-24h2-x64', 'server-2022-x64']);
    expect(rehearsal.runs).toBeGreaterThan(9);
    expect(rehearsal.before).toContain('8.2.1');
  });

  test('follows the project', { timeout: 60_000 }, async () => {
    const { result } = await release(`rehearse: { ${QUICK} }`);
    expect(result.brands[0].rehearsal).toMatchObject({
      guests: ['windows-10-22h2-x64'],
      scenarios: ['fresh-install-second-platform'],
      runs: 1,
    });
  });

  test('that is switched off is recorded', async () => {
    const { exit, result } = await release('rehearse: false');
    expect(exit).toBe(0);
    expect(result.rehearsal).toBe('switched off');
    expect(result.brands[0]).not.toHaveProperty('rehearsal');
  });

  test('is shown by a dry run', async () => {
    project.write('winpv.yaml', `${PROJECT}rehearse: { ${QUICK} }\n`);
    const { stdout } = await winpv(['release', '-C', project.folder, '--dry-run', '--date', '2026-05-04']);
    expect(stdout).toContain('guests: windows-10-22h2-x64\n');
    expect(stdout).toContain('scenarios: fresh-install-second-platform\n');
  });

  test.each([
    ['guests: [windows-11-24h2-x46]', 'CHECK_GUEST_UNKNOWN', 'windows-11-24h2-x64'],
    ['scenarios: [fresh-instal]', 'CHECK_SCENARIO_UNKNOWN', 'fresh-install'],
  ])('refuses a name that there is not, with the place: %s', async (setting, code, meant) => {
    const { exit, error } = await release(`rehearse: { ${setting} }`);
    expect(exit).toBe(3);
    expect(error).toMatchObject({ code, at: { line: 5 }, hint: `Did you mean \`${meant}\`?` });
  });
});

describe('earlier releases that the project names', () => {
  test('are upgraded from, by the folder of the brand', { timeout: 60_000 }, async () => {
    await release('rehearse: false', '--out', project.path('earlier'));
    const { exit, result } = await release(
      'rehearse: { guests: [windows-10-22h2-x64], scenarios: [upgrade-in-place], from: [earlier] }',
    );
    expect(exit).toBe(0);
    expect(result.brands[0].rehearsal.before).toContain('earlier');
    expect(result.rehearsal.from).toEqual(['earlier']);
  });

  test('have to be there', async () => {
    const { exit, error } = await release('rehearse: { from: [nowhere] }');
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', at: { file: project.path('nowhere') } });
    expect(exit).toBe(8);
  });
});

describe('a brand whose rehearsal fails', () => {
  /** Its disk driver does not start at boot (F30). */
  const faulty = async (waivers: string) => {
    const made = await makeProject({});
    made.write('winpv.yaml', `${PROJECT}rehearse: false\n`);
    await winpv(['release', '-C', made.folder, '--out', made.path('good'), '--date', '2026-05-04']);
    rmSync(made.path('.winpv', 'ledger.jsonl'));
    for (const name of ['xenvbd.sys', 'xendisk.sys', 'xencrsh.sys']) {
      made.write(`bin/x64/${name}`, readFileSync(made.path('good', 'xenproject', 'xenvbd', 'x64', name)));
    }
    const template = readFileSync(join(projectRoot, 'drivers', 'xenvbd', '9.1.inf'), 'latin1');
    made.write('xenvbd.inf', Buffer.from(template.replaceAll('StartType = 0', 'StartType = 3'), 'latin1'));
    const sources = `sources: { default: stand-in, xenvbd: { template: xenvbd.inf, binaries: bin } }`;
    const text = PROJECT.replace('sources: { default: stand-in }', sources);
    made.write('winpv.yaml', `${text}signing: { test: true, existing: replace }\nrehearse: { ${QUICK} }\n${waivers}`);
    const args = ['release', '-C', made.folder, '--out', made.path('out'), '--date', '2026-05-05'];
    const answer = await winpvJson(args);
    const written = filesBelow(made.path('out'));
    made.dispose();
    return { ...answer, written };
  };

  test('stops the release: exit 5, the event, the failure mode, and nothing is written', async () => {
    const { exit, error, written } = await faulty('');
    expect(exit).toBe(5);
    expect(error).toMatchObject({ code: 'EMULATOR_NO_BOOT', failureMode: 'F30' });
    expect(error?.message).toContain('restarted; then boot 1 stopped with 0x7B');
    expect(written).toEqual([]);
  });

  test('is released when the project waives every finding, and the record says why', async () => {
    const { exit, result, written, diagnostics } = await faulty(`waivers:
  - { finding: EMULATOR_NO_BOOT, failureMode: F30, reason: only for data disks }
  - { finding: PV_REGISTRY_LINE, reason: only for data disks }
  - { finding: PV_FILTER_SERVICE, reason: only for data disks }
`);
    expect(exit).toBe(0);
    expect(result.brands[0].rehearsal).toMatchObject({
      verdict: 'waived',
      findings: [{ code: 'EMULATOR_NO_BOOT', failureMode: 'F30', waived: 'only for data disks', runs: 1 }],
    });
    expect(result.waivers).toHaveLength(3);
    expect(written).toContain('release.json');
    const told = diagnostics.find(({ code }) => code === 'EMULATOR_NO_BOOT');
    expect(told).toMatchObject({ severity: 'warning', hint: 'The project waives it: only for data disks' });
  });

  test('is not released by waivers of something else', async () => {
    const { exit, written } = await faulty('waivers: [{ finding: EMULATOR_NO_BOOT, failureMode: F13, reason: x }]\n');
    expect(exit).toBe(5);
    expect(written).toEqual([]);
  });
});

describe('waivers', () => {
  test.each([
    ['finding: EMULATOR_NO_BOOOT, reason: x', 'Did you mean `EMULATOR_NO_BOOT`?'],
    ['finding: VERIFY_UNTRUSTED, reason: x', '`winpv explain` lists the codes.'],
    ['finding: EMULATOR_NO_BOOT, failureMode: F99, reason: x', 'They are F01 to F60.'],
  ])('of what cannot be found or waived are refused: %s', async (waiver, hint) => {
    const { exit, error } = await release(`waivers: [{ ${waiver} }]\nrehearse: false`);
    expect(exit).toBe(3);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', at: { line: 5 }, hint });
  });

  test('that nothing needs are told, and recorded', async () => {
    const { exit, result, diagnostics } = await release(
      'waivers: [{ finding: EMULATOR_NO_BOOT, failureMode: F14, reason: known }]\nrehearse: false',
    );
    expect(exit).toBe(0);
    expect(result.waivers).toEqual([{ finding: 'EMULATOR_NO_BOOT', failureMode: 'F14', reason: 'known' }]);
    expect(diagnostics).toContainEqual(expect.objectContaining({ code: 'RELEASE_WAIVER_UNUSED', severity: 'warning' }));
  });
});
