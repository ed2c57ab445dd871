import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQueue } from '../../../../branding/patches/queue.ts';
import { parseUnifiedDiff } from '../../../../branding/patches/unified.ts';
import { applyHunks, reversed } from '../../../../packaging/bundle/patches/apply-diff.ts';
import { applyQueue, type PatchOutcome, type PatchTree } from '../../../../packaging/bundle/patches/apply-queue.ts';
import { describeCorpus } from '../../../support/outside.ts';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const FILE = 'src/x.inf';

interface TestPatch {
  readonly name: string;
  readonly text: string;
  /** What it says that it was made against. */
  readonly base: string | Uint8Array;
  readonly file?: string;
  readonly more?: string;
}

const queueOf = (...patches: readonly TestPatch[]) => {
  const meta = patches.map(
    ({ name, base, file = FILE, more = '' }) =>
      `"${name}":\n  reason: r\n  base: { files: { ${file}: ${sha256(base)} } }\n  drivers: [xenvbd]\n` +
      `  kind: inf\n  upstream: { state: vendor-only }\n${more}`,
  );
  const files = { series: patches.map(({ name }) => `${name}\n`).join(''), 'series.yaml': meta.join('') };
  const all = { ...files, ...Object.fromEntries(patches.map(({ name, text }) => [name, text])) };
  return parseQueue(
    'q',
    Object.entries(all).map(([name, text]) => ({ name, path: `q/${name}`, bytes: Buffer.from(text) })),
  ).queue;
};

const treeOf = (files: Readonly<Record<string, string | Uint8Array>>, more: Partial<PatchTree> = {}): PatchTree => ({
  ...{ driver: 'xenvbd', version: [9, 1, 0, 0], whole: true, ...more },
  files: new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
});

const apply = (tree: PatchTree, ...patches: readonly TestPatch[]) => {
  const { files, outcomes } = applyQueue(queueOf(...patches), tree);
  const text = (path: string): string | undefined => {
    const bytes = files.get(path);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  };
  return { text, outcomes, first: outcomes[0] ?? (expect.fail('no outcome') as PatchOutcome) };
};

const OLD = '[Version]\nSignature="$Windows NT$"\nClass=System\n\n[Files]\na.sys\nb.sys\n\n[End]\nx\ny\nz\n';
const NEW = OLD.replace('b.sys', 'c.sys');
const PATCH = `--- a/${FILE}\n+++ b/${FILE}\n@@ -4,5 +4,5 @@\n \n [Files]\n a.sys\n-b.sys\n+c.sys\n \n`;
const DIFF = { name: 'one.patch', text: PATCH, base: OLD };

describe('a diff', () => {
  test('is applied, and the result says which lines of which file', () => {
    const { text, first } = apply(treeOf({ [FILE]: OLD, other: 'o' }), DIFF);
    expect(text(FILE)).toBe(NEW);
    expect(text('other')).toBe('o');
    expect(first).toMatchObject({
      state: 'applied',
      files: [{ path: FILE, before: sha256(OLD), after: sha256(NEW), lines: [[7, 7]] }],
      diagnostics: [],
    });
  });

  test('with LF line ends fits a file with CRLF, and the file keeps them', () => {
    const crlf = OLD.replaceAll('\n', '\r\n');
    const { text, first } = apply(treeOf({ [FILE]: crlf }), { ...DIFF, base: crlf });
    expect(first.state).toBe('applied');
    expect(text(FILE)).toBe(NEW.replaceAll('\n', '\r\n'));
  });

  test('leaves every byte alone that it does not name, whatever the encoding', () => {
    const old = Buffer.concat([Buffer.from(OLD), Buffer.from([0xff, 0x00, 0x80, 0x0a])]);
    const { files } = applyQueue(queueOf({ ...DIFF, base: old }), treeOf({ [FILE]: old }));
    expect(Buffer.from(files.get(FILE) ?? [])).toEqual(Buffer.concat([Buffer.from(NEW), old.subarray(OLD.length)]));
  });

  test('fits where its lines have moved to', () => {
    const moved = `; a\n; comment\n; above\n${OLD}`;
    expect(apply(treeOf({ [FILE]: moved }), { ...DIFF, base: moved }).text(FILE)).toBe(
      `; a\n; comment\n; above\n${NEW}`,
    );
  });

  test('does not fit where its context differs, unless the patch says how much may', () => {
    const other = OLD.replace('[Files]', '[FILES]');
    const strict = apply(treeOf({ [FILE]: other }), { ...DIFF, base: other });
    expect(strict.text(FILE)).toBe(other);
    expect(strict.first).toMatchObject({
      state: 'conflict',
      conflicts: [
        {
          path: FILE,
          patchLine: 3,
          expected: ['', '[Files]', 'a.sys', 'b.sys', ''],
          found: ['', '[FILES]', 'a.sys', 'b.sys', ''],
          foundLine: 4,
          wanted: ['', '[Files]', 'a.sys', 'c.sys', ''],
        },
      ],
      diagnostics: [{ code: 'PATCH_CONFLICT', severity: 'error', at: { file: 'q/one.patch', line: 3 } }],
    });
    const loose = apply(treeOf({ [FILE]: other }), { ...DIFF, base: other, more: '  fuzz: 1\n' });
    expect(loose.text(FILE)).toBe(other.replace('b.sys', 'c.sys'));
  });

  test('without context, which would fit anywhere, does not fit', () => {
    const anywhere = `--- a/${FILE}\n+++ b/${FILE}\n@@ -7,0 +8 @@\n+c.sys\n`;
    expect(apply(treeOf({ [FILE]: OLD }), { ...DIFF, text: anywhere }).first.state).toBe('conflict');
  });

  test('whose change is there already is droppable', () => {
    const { text, first } = apply(treeOf({ [FILE]: NEW }), DIFF);
    expect(first).toMatchObject({ state: 'droppable', diagnostics: [], files: [] });
    expect(text(FILE)).toBe(NEW);
  });

  test('that fits another file than it was made against is told', () => {
    const { first } = apply(treeOf({ [FILE]: `${OLD}; more\n` }), DIFF);
    expect(first.state).toBe('base-differs');
    expect(first.diagnostics).toEqual([
      expect.objectContaining({
        code: 'PATCH_BASE_DIFFERS',
        severity: 'error',
        at: expect.objectContaining({ file: 'q/series.yaml', line: 1 }),
      }),
    ]);
  });

  test('may be made against the result of the patches before it', () => {
    const second = {
      name: 'two.patch',
      base: NEW,
      text: PATCH.replace('-b.sys', '-c.sys').replace('+c.sys', '+d.sys'),
    };
    const { text, outcomes } = apply(treeOf({ [FILE]: OLD }), DIFF, second);
    expect(outcomes.map(({ state }) => state)).toEqual(['applied', 'applied']);
    expect(text(FILE)).toContain('d.sys');
  });

  test('after one that does not fit is tried all the same', () => {
    const bad = { ...DIFF, name: 'bad.patch', text: PATCH.replace('-b.sys', '-q.sys') };
    const { outcomes } = apply(treeOf({ [FILE]: OLD }), bad, DIFF);
    expect(outcomes.map(({ state }) => state)).toEqual(['conflict', 'applied']);
  });

  test('of another driver or version, or of source files that a release does not see, is left alone', () => {
    const only = { ...DIFF, more: '  versions: ["8.2"]\n' };
    expect(apply(treeOf({ [FILE]: OLD }), only).first.state).toBe('elsewhere');
    expect(apply(treeOf({ [FILE]: OLD }, { driver: 'xenbus' }), DIFF).first.state).toBe('elsewhere');
    const source = apply(treeOf({ 'src/y.inf': OLD }, { whole: false }), DIFF).first;
    expect(source).toMatchObject({ state: 'elsewhere', notSeen: [FILE] });
    expect(apply(treeOf({ 'src/y.inf': OLD }), DIFF).first.state).toBe('conflict');
  });

  test('makes, removes, renames and copies files, and stands in the way of none', () => {
    const made = `--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n`;
    const gone = `--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n`;
    const renamed = 'diff --git a/old b/now\nsimilarity index 100%\nrename from old\nrename to now\n';
    const copied = 'diff --git a/old b/twin\nsimilarity index 100%\ncopy from old\ncopy to twin\n';
    const tree = { gone: 'g\n', old: 'o\n' };
    const raw = (text: string, ...named: readonly string[]) => {
      const bases = named.map((name) => `${name}: ${sha256(`${name[0]}\n`)}`).join(', ');
      const meta = `a.patch: { reason: r, base: { files: { ${bases} } }, drivers: [xenvbd], kind: inf, upstream: { state: rejected } }`;
      const entries = Object.entries({ series: 'a.patch', 'series.yaml': meta, 'a.patch': text });
      return parseQueue(
        'q',
        entries.map(([name, content]) => ({ name, path: name, bytes: Buffer.from(content) })),
      ).queue;
    };
    const all = applyQueue(raw(made + gone + copied, 'gone', 'old'), treeOf(tree));
    expect([...all.files].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['old', 'o\n'],
      ['new', 'n\n'],
      ['twin', 'o\n'],
    ]);
    expect([...applyQueue(raw(renamed, 'old'), treeOf(tree)).files.keys()]).toEqual(['gone', 'now']);
    const taken = applyQueue(raw(renamed, 'old'), treeOf({ ...tree, now: 'mine' }));
    expect(taken.outcomes[0]?.state).toBe('conflict');
    expect(Buffer.from(taken.files.get('now') ?? []).toString()).toBe('mine');
  });
});

describe('typed edits', () => {
  const edit = (text: string, base: string | Uint8Array = OLD, more = ''): TestPatch => ({
    ...{ name: 'edits.yaml', base, more },
    text: `edits:\n${text
      .split('\n')
      .map((line) => `  - { file: ${FILE}, ${line} }`)
      .join('\n')}\n`,
  });

  test.each([
    ['set a value', 'section: version, set: CLASS, to: Net', OLD.replace('Class=System', 'Class=Net')],
    [
      'add a line at the end of a section',
      'section: Files, add: "c.sys,,,2"',
      OLD.replace('b.sys\n', 'b.sys\nc.sys,,,2\n'),
    ],
    ['add a line after another', 'section: Files, add: c.sys, after: a.sys', OLD.replace('a.sys\n', 'a.sys\nc.sys\n')],
    [
      'remove a line, however it is spaced',
      'section: VERSION, remove: "class = System ; not this"',
      OLD.replace('Class=System\n', ''),
    ],
    ['replace a line', 'section: Files, replace: b.sys, with: "c.sys ; new"', OLD.replace('b.sys', 'c.sys ; new')],
    ['add a section', 'section: New, addSection: ["k=v", w]', `${OLD}\n[New]\nk=v\nw\n`],
    [
      'add a section after another',
      'section: New, addSection: [w], after: Files',
      OLD.replace('b.sys\n', 'b.sys\n\n[New]\nw\n'),
    ],
    ['remove a section', 'section: Files, removeSection: true', OLD.replace('[Files]\na.sys\nb.sys\n\n', '')],
  ])('%s, and change nothing else', (_what, text, expected) => {
    const result = apply(treeOf({ [FILE]: OLD }), edit(text));
    expect(result.first.diagnostics).toEqual([]);
    expect(result.text(FILE)).toBe(expected);
    const again = apply(treeOf({ [FILE]: expected }), edit(text));
    expect(again.first.state).toBe('droppable');
  });

  test('work in UTF-16 with CRLF, and on lines that are continued', () => {
    const text = OLD.replace('a.sys\n', 'a.sys, \\\n  a2.sys\n').replaceAll('\n', '\r\n');
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    const { files } = applyQueue(
      queueOf(edit('section: Files, replace: "a.sys,a2.sys", with: "é.sys"', bytes)),
      treeOf({ [FILE]: bytes }),
    );
    expect(Buffer.from(files.get(FILE) ?? []).toString('utf16le')).toBe(
      `\ufeff${text.replace('a.sys, \\\r\n  a2.sys', 'é.sys')}`,
    );
  });

  test.each([
    ['a section that is not there', 'section: Nothing, add: x'],
    ['a line that is not there', 'section: Files, remove: q.sys'],
    ['a key that is not there', 'section: Version, set: Provider, to: x'],
    ['a section that is there', 'section: Files, addSection: [x]'],
  ])('refuse %s, and leave the file alone', (_what, text) => {
    const result = apply(treeOf({ [FILE]: OLD }), edit(text));
    expect(result.first).toMatchObject({ state: 'conflict', diagnostics: [{ code: 'PATCH_EDIT_CONFLICT' }] });
    expect(result.first.diagnostics[0]?.message).toContain('edits.yaml');
    expect(result.text(FILE)).toBe(OLD);
  });

  test('refuse a line that is there twice, naming the second', () => {
    const twice = OLD.replace('b.sys', 'a.sys');
    const { first } = apply(treeOf({ [FILE]: twice }), edit('section: Files, remove: a.sys', twice));
    expect(first.diagnostics[0]).toMatchObject({ code: 'PATCH_EDIT_CONFLICT', at: { file: 'q/edits.yaml', line: 2 } });
    expect(first.diagnostics[0]?.message).toContain(`${FILE}:7`);
  });
});

const hasGit = spawnSync('git', ['--version']).status === 0;

const gitDiff = (folder: string, old: Uint8Array, now: Uint8Array, context = 3): string => {
  writeFileSync(join(folder, 'a'), old);
  writeFileSync(join(folder, 'b'), now);
  const args = ['diff', '--no-index', '--no-color', '--no-prefix', '--text', `-U${context}`, 'a', 'b'];
  return spawnSync('git', args, { cwd: folder, encoding: 'latin1' }).stdout.replace(/^(---|\+\+\+) [ab]$/gm, '$1 p/x');
};

const inFolder = (body: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-diff-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

describe('a line that a typed edit removes', () => {
  const LIST =
    '[Version]\nSignature="$Windows NT$"\n[Files]\na.sys\nb.sys\n[Reg]\nHKR,P,v,0x10001,1\nHKR,P,w,0x10001,1\n[Inst]\nAddService=a,2,S\nAddService=b,,T\n[M]\n%D%=I,X\\1\n%D%=I,X\\2\n';
  const LINES: readonly (readonly [string, string, string])[] = [
    ['Files', 'b.sys', 'b.sys,,,2'],
    ['Reg', 'HKR,P,w,0x10001,1', 'HKR,P,w,0x10001,2'],
    ['Inst', 'AddService=b,,T', 'AddService=b,2,T'],
  ];
  const stateOf = (section: string, line: string, tree: string) => {
    const text = `edits:\n  - { file: ${FILE}, section: ${section}, remove: '${line}' }\n`;
    return apply(treeOf({ [FILE]: tree }), { name: 'a.yaml', text, base: LIST }).first.state;
  };

  test.each([...LINES, ['M', '%D%=I,X\\2', ''] as const])(
    'is there already when it is gone: [%s] %s',
    (section, line) => {
      expect(stateOf(section, line, LIST.replace(`${line}\n`, ''))).toBe('droppable');
    },
  );

  test.each(LINES)('does not fit when it says something else: [%s] %s', (section, line, other) => {
    expect(stateOf(section, line, LIST.replace(`${line}\n`, `${other}\n`))).toBe('conflict');
  });
});

describe('what does not fit', () => {
  const conflictOf = (text: string, tree: string) => apply(treeOf({ [FILE]: tree }), { ...DIFF, text }).first.conflicts;

  test('in line ends alone shows them', () => {
    const mixed = OLD.replaceAll('\n', '\r\n').replace('a.sys\r', 'a.sys');
    const [conflict] = conflictOf(PATCH.replaceAll('\n', '\r\n'), mixed);
    expect(conflict?.expected).toEqual(['\r', '[Files]\r', 'a.sys\r', 'b.sys\r', '\r']);
    expect(conflict?.found).toEqual(['\r', '[Files]\r', 'a.sys', 'b.sys\r', '\r']);
  });

  test('of a file that goes away is what the patch does not have of it', () => {
    const gone = `--- a/${FILE}\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n`;
    const { first, text } = apply(treeOf({ [FILE]: 'a\nb\nc\n' }), { ...DIFF, text: gone, base: 'a\nb\nc\n' });
    expect(first.state).toBe('conflict');
    expect(text(FILE)).toBe('a\nb\nc\n');
    expect(apply(treeOf({ [FILE]: 'a\nb\n' }), { ...DIFF, text: gone, base: 'a\nb\n' }).text(FILE)).toBeUndefined();
  });

  test.each([
    ['set: Klass, to: Net', ['[Version]', 'Klass='], ['[Version]', 'Class=System'], ['[Version]', 'Klass=Net'], 3],
    ['remove: Class=Net', ['[Version]', 'Class=Net'], ['[Version]', 'Class=System'], ['[Version]'], 3],
    [
      'replace: Class=Net, with: Class=X',
      ['[Version]', 'Class=Net'],
      ['[Version]', 'Class=System'],
      ['[Version]', 'Class=X'],
      3,
    ],
    ['add: x, after: nothing', ['[Version]', 'nothing'], ['[Version]'], ['[Version]', 'nothing', 'x'], 1],
    ['addSection: [a=b]', [], ['[Version]'], ['[Version]', 'a=b'], 1],
  ])('of a typed edit is shown in three versions: %s', (edit, expected, found, wanted, foundLine) => {
    const text = `edits:\n  - { file: ${FILE}, section: Version, ${edit} }\n`;
    const { first } = apply(treeOf({ [FILE]: OLD }), { name: 'a.yaml', text, base: OLD });
    expect(first).toMatchObject({
      state: 'conflict',
      conflicts: [{ path: FILE, patchLine: 2, expected, found, wanted, foundLine }],
    });
    expect(first.diagnostics.map(({ code }) => code)).toEqual(['PATCH_EDIT_CONFLICT']);
  });

  test('of a typed edit in a section that there is not is shown beside the nearest one', () => {
    const text = `edits:\n  - { file: ${FILE}, section: Versin, removeSection: true }\n`;
    const { first } = apply(treeOf({ [FILE]: OLD }), { name: 'a.yaml', text, base: OLD });
    expect(first.conflicts).toMatchObject([{ expected: ['[Versin]'], found: ['[Version]'], wanted: [] }]);
  });
});

describe.skipIf(!hasGit)('a diff of git’s', () => {
  test('of any two texts makes one of the other, forth and back', () => {
    const line = fc.constantFrom('', 'a', 'b', 'c', '[S]', '\\x', 'k=v', '\u00e9');
    const text = fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
      .map(([lines, end, last]) => Buffer.from(lines.join(end) + (last && lines.length > 0 ? end : ''), 'latin1'));
    inFolder((folder) =>
      fc.assert(
        fc.property(text, text, fc.integer({ min: 1, max: 3 }), (old, now, context) => {
          const [diff] = parseUnifiedDiff(gitDiff(folder, old, now, context), { file: 'd' });
          const asText = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1');
          expect(asText(applyHunks(old, diff?.hunks ?? []))).toBe(asText(now));
          expect(asText(applyHunks(now, diff === undefined ? [] : reversed(diff).hunks))).toBe(asText(old));
        }),
        { numRuns: 150 },
      ),
    );
  });
});

describeCorpus('between two commits of upstream’s templates', (corpus) => {
  const templates = corpus.path('xen/templates');
  test.skipIf(!hasGit).each(readdirSync(templates))(
    'of %s: each later one comes out to the byte, and is then droppable',
    (driver) => {
      const names = readdirSync(join(templates, driver)).sort();
      inFolder((folder) => {
        for (const [index, name] of names.slice(1).entries()) {
          const old = readFileSync(join(templates, driver, names[index] ?? ''));
          const now = readFileSync(join(templates, driver, name));
          const text = gitDiff(folder, old, now).replaceAll('p/x', `b/src/${driver}.inf`);
          if (text === '') continue;
          const patch = {
            name: 'a.patch',
            text: Buffer.from(text, 'latin1').toString('utf8'),
            base: old,
            file: `src/${driver}.inf`,
          };
          const { files, outcomes } = applyQueue(queueOf(patch), treeOf({ [`src/${driver}.inf`]: old }));
          expect(outcomes[0]?.state, name).toBe('applied');
          expect(Buffer.from(files.get(`src/${driver}.inf`) ?? []).equals(now), name).toBe(true);
          expect(applyQueue(queueOf(patch), treeOf({ [`src/${driver}.inf`]: now })).outcomes[0]?.state, name).toBe(
            'droppable',
          );
        }
      });
    },
  );

  test.skipIf(!hasGit).each(readdirSync(templates))(
    'of %s: those that a later commit has are droppable, however often the same lines changed, and the rest applies',
    (driver) => {
      const file = `src/${driver}.inf`;
      const names = readdirSync(join(templates, driver)).sort();
      const states = names.map((name) => readFileSync(join(templates, driver, name)));
      inFolder((folder) => {
        const patches = states.slice(1).map((now, index) => {
          const base = states[index] ?? now;
          const text = gitDiff(folder, base, now).replaceAll('p/x', `b/${file}`);
          return { name: `${index}.patch`, text: Buffer.from(text, 'latin1').toString('utf8'), base, file };
        });
        const queue = queueOf(...patches);
        for (const [index, state] of states.entries()) {
          const { files, outcomes } = applyQueue(queue, treeOf({ [file]: state }));
          expect(outcomes.map((one) => one.state)).toEqual(
            patches.map((_, at) => (at < index ? 'droppable' : 'applied')),
          );
          expect(Buffer.from(files.get(file) ?? []).equals(states.at(-1) ?? state)).toBe(true);
        }
      });
    },
  );
});
