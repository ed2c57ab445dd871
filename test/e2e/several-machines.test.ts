import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { winpvJson } from '../support/command-line.ts';
import { compileExecutable } from '../support/executable.ts';
import { projectRoot } from '../support/outside.ts';
import { contentBelow, makeProject, type TestProject } from '../support/project.ts';

const IDS = ['alder', 'birch', 'cedar'];
const brand = (id: string, index: number): string =>
  `id: ${id}\nversion: 9.1.0.${index + 1}\nvendorName: ${id}\nvendorPrefix: A${'BCD'[index]}\nproductName: ${id}\n`;
const FILES = {
  'winpv.yaml': `brands: [${IDS.map((id) => `${id}.yaml`).join(', ')}]\nsources: { default: stand-in }\ndrivers: [xenbus, xencrsh]\narchitectures: [x64]\nrehearse: false\n`,
  ...Object.fromEntries(IDS.map((id, index) => [`${id}.yaml`, brand(id, index)])),
};
const DATE = ['--date', '2026-05-04'];

let project: TestProject;
const run = (...argv: readonly string[]) => winpvJson([argv[0] ?? '', '-C', project.folder, ...argv.slice(1)]);
const codesOf = (answer: Awaited<ReturnType<typeof run>>): readonly string[] =>
  answer.diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
const hex = (folder: string) =>
  new Map([...contentBelow(folder)].map(([path, bytes]) => [path, bytes.toString('base64')]));
const partsOf = (...names: readonly string[]): readonly string[] => names.map((name) => project.path(name));
/** A copy of a part that differs in one way. */
const changed = (name: string, change: (folder: string) => void): string => {
  const folder = project.path('changed');
  rmSync(folder, { recursive: true, force: true });
  cpSync(project.path(name), folder, { recursive: true });
  change(folder);
  return folder;
};

beforeAll(async () => {
  project = await makeProject(FILES);
  const whole = await run('release', '--out', project.path('whole'), ...DATE);
  expect(whole.error).toBeUndefined();
  for (const part of ['1/2', '2/2']) {
    const made = await run('release', '--out', project.path(`part-${part[0]}`), '--part', part, ...DATE);
    expect(made.error).toBeUndefined();
  }
}, 120_000);
afterAll(() => project.dispose());

describe('a plan for several machines', () => {
  test('names each part with all the options it needs, and no more parts than brands', async () => {
    const two = await run('plan', '--matrix', 'github', '--parts', '2', ...DATE, '--arch', 'x64');
    expect(two.result).toEqual({
      include: [
        { part: '1/2', args: '--part 1/2 --date 2026-05-04 --arch x64' },
        { part: '2/2', args: '--part 2/2 --date 2026-05-04 --arch x64' },
      ],
    });
    const many = await run('plan', '--matrix', 'github', '--parts', '9', ...DATE);
    expect(many.result.include.map(({ part }: { readonly part: string }) => part)).toEqual(['1/3', '2/3', '3/3']);
  });

  test('is a pipeline whose jobs extend those of the template, for GitLab', async () => {
    const { result } = await run('plan', '--matrix', 'gitlab', '--parts', '2', ...DATE);
    const pipeline = parse(result);
    const template = parse(readFileSync(join(projectRoot, 'ci', 'gitlab.yml'), 'utf8'));
    const [release, merge] = [pipeline['release part'], pipeline['merge parts']];
    expect(Object.keys(template)).toEqual(expect.arrayContaining([release.extends, merge.extends]));
    expect(merge.needs).toEqual(['release part']);
    expect(release.parallel.matrix.map((row: Record<string, string>) => row.WINPV_ARGS)).toEqual([
      '--part 1/2 --date 2026-05-04',
      '--part 2/2 --date 2026-05-04',
    ]);
  });

  test.each(['0/2', '3/2', 'x', '1', '1/4'])('has no part %s', async (part) => {
    const answer = await run('release', '--out', project.path('none'), '--part', part, ...DATE);
    expect([answer.exit, ...codesOf(answer)]).toEqual([2, 'PART_UNKNOWN']);
  });
});

describe('parts that are joined', () => {
  test('are the release that one machine makes, to the byte; the date is theirs', async () => {
    const merged = await run('merge', ...partsOf('part-2', 'part-1'), '--out', project.path('merged'));
    expect(merged.error).toBeUndefined();
    expect(hex(project.path('merged'))).toEqual(hex(project.path('whole')));
  });

  const refusal = async (folders: readonly string[], ...more: readonly string[]) => {
    const answer = await run('merge', ...folders, '--out', project.path('refused'), ...more);
    expect(readdirSync(project.folder)).not.toContain('refused');
    return [answer.exit, ...new Set(codesOf(answer))];
  };

  test('are refused when one is missing, by its name', async () => {
    const answer = await run('merge', ...partsOf('part-1'), '--out', project.path('refused'));
    expect([answer.exit, ...new Set(codesOf(answer))]).toEqual([5, 'PART_MISSING']);
    expect(answer.error?.message).toContain('part 2/2');
  });

  test('are refused when one is there twice', async () => {
    expect(await refusal(partsOf('part-1', 'part-2', 'part-2'))).toEqual([5, 'PART_TWICE']);
  });

  test('are refused when they are of another day', async () => {
    expect(await refusal(partsOf('part-1', 'part-2'), '--date', '2026-05-05')).toEqual([5, 'PART_OTHER_PLAN']);
  });

  test('are refused when the project changed', async () => {
    project.write('birch.yaml', brand('birch', 1).replace('vendorName: birch', 'vendorName: Birch'));
    const refused = await refusal(partsOf('part-1', 'part-2'));
    project.write('birch.yaml', brand('birch', 1));
    expect(refused).toEqual([5, 'PART_OTHER_PLAN']);
  });

  test('are refused when they were signed with other keys', async () => {
    const other = await makeProject(FILES);
    rmSync(other.path('.winpv', 'keys'), { recursive: true });
    const made = await winpvJson([
      'release',
      '-C',
      other.folder,
      '--out',
      other.path('part'),
      '--part',
      '2/2',
      ...DATE,
    ]);
    expect(made.error).toBeUndefined();
    const refused = await refusal([...partsOf('part-1'), other.path('part')]);
    other.dispose();
    expect(refused).toEqual([5, 'PART_OTHER_KEYS']);
  }, 60_000);

  test('are refused when another winpv made one', async () => {
    const folder = changed('part-2', (part) => {
      const notes = join(part, '.winpv', 'brands');
      for (const name of readdirSync(notes)) {
        const text = readFileSync(join(notes, name), 'utf8');
        writeFileSync(join(notes, name), text.replace(/"tool":"[0-9a-f]{8}/, '"tool":"00000000'));
      }
    });
    expect(await refusal([...partsOf('part-1'), folder])).toEqual([5, 'PART_OTHER_VERSION']);
  });

  test('are refused when a file is not what was made, whichever it is', async () => {
    const [id = ''] = readdirSync(project.path('part-2', '.winpv', 'brands')).map((name) => name.replace('.json', ''));
    for (const path of [`${id}.zip`, `${id}/xenbus/x64/xenbus.cat`, `${id}-x64-submission.cab`]) {
      const folder = changed('part-2', (part) => appendFileSync(join(part, path), 'x'));
      expect(await refusal([...partsOf('part-1'), folder])).toEqual([5, 'PART_DAMAGED']);
    }
    const gone = changed('part-2', (part) => rmSync(join(part, `${id}.zip`)));
    expect(await refusal([...partsOf('part-1'), gone])).toEqual([5, 'PART_DAMAGED']);
  });

  test('are refused when a note was changed to fit a file that nobody signed', async () => {
    const { createHash } = await import('node:crypto');
    const folder = changed('part-2', (part) => {
      const notes = join(part, '.winpv', 'brands');
      const [name = ''] = readdirSync(notes);
      const path = `${name.replace('.json', '')}/xenbus/x64/xen.sys`;
      const before = readFileSync(join(part, path));
      const after = Buffer.from(before);
      after[600] = (after[600] ?? 0) ^ 1;
      writeFileSync(join(part, path), after);
      const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
      const text = readFileSync(join(notes, name), 'utf8');
      writeFileSync(join(notes, name), text.replaceAll(sha(before), sha(after)));
    });
    const [exit, ...codes] = await refusal([...partsOf('part-1'), folder]);
    expect(exit).toBe(5);
    expect(codes.some((code) => String(code).startsWith('VERIFY_'))).toBe(true);
  });

  test('are refused when a folder holds none', async () => {
    mkdirSync(project.path('empty'), { recursive: true });
    expect(await refusal(partsOf('part-1', 'empty'))).toEqual([5, 'PART_DAMAGED']);
  });
});

interface Step {
  readonly env?: Readonly<Record<string, string>>;
  readonly run: string;
}

describe('the steps of the GitHub Action, run as shell', () => {
  const steps: readonly Step[] = parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8')).runs.steps;
  const defaults = Object.fromEntries(
    Object.entries(parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8')).inputs).map(([name, input]) => [
      name,
      String((input as { readonly default?: string }).default ?? ''),
    ]),
  );
  const act = (cwd: string, inputs: Readonly<Record<string, string>>): string => {
    const output = join(cwd, 'github-output');
    writeFileSync(output, '');
    const given: Readonly<Record<string, string>> = { ...defaults, ...inputs };
    const filled = (text: string): string =>
      text
        .replaceAll(/\$\{\{ github\.action_path \}\}/g, projectRoot)
        .replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_all, name: string) => given[name] ?? '');
    for (const step of steps) {
      expect(step.run).not.toContain('${{');
      const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value)]));
      const ran = spawnSync('bash', ['-c', step.run], {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, ...env, GITHUB_OUTPUT: output },
      });
      expect(ran.status, ran.stderr + ran.stdout).toBe(0);
    }
    return readFileSync(output, 'utf8');
  };

  test('plan, make the parts on machines of their own with the keys of a secret, and join them to the same bytes', async () => {
    compileExecutable();
    const tar = spawnSync('tar', ['-cz', '-C', project.path('.winpv', 'keys'), '.']).stdout;
    const keys = tar.toString('base64');
    const planned = act(project.folder, { mode: 'plan', parts: '2', args: DATE.join(' ') });
    const { include } = JSON.parse(planned.replace('matrix=', ''));
    expect(include).toHaveLength(2);
    for (const [index, { args }] of include.entries()) {
      const machine = await makeProject(FILES);
      rmSync(machine.path('.winpv'), { recursive: true });
      act(machine.folder, { mode: 'part', args, out: 'part', 'test-keys': keys });
      cpSync(machine.path('part'), project.path('collected', `part-${index}`), { recursive: true });
      machine.dispose();
    }
    act(project.folder, { mode: 'merge', parts: 'collected', out: 'joined' });
    act(project.folder, { mode: 'release', args: `${DATE.join(' ')} --fresh`, out: 'alone' });
    expect(hex(project.path('joined'))).toEqual(hex(project.path('alone')));
  }, 180_000);
});
