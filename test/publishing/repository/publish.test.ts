import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { Files } from '../../../core/ports.ts';
import { checkRepository } from '../../../publishing/repository/check.ts';
import { parseIndex } from '../../../publishing/repository/contract.ts';
import type { Publication } from '../../../publishing/repository/plan.ts';
import { type PublishOptions, publishToRepository } from '../../../publishing/repository/publish.ts';
import { type MemoryFiles, memoryFiles } from '../../support/memory-files.ts';
import { Died, dyingFiles, packageOf, publicationOf, trustOf } from '../../support/publication.ts';

const reporter = { emit: () => undefined };
const REPO = '/srv/drivers';
const publish = (files: Files, publication: Publication, options: PublishOptions = {}) =>
  publishToRepository({ files, reporter }, REPO, publication, options);
const first = () =>
  publicationOf(
    [packageOf(), packageOf({ architecture: 'x86' }), packageOf({ driver: 'xenvbd', hardwareIds: ['XENBUS\\A'] })],
    [trustOf()],
  );
const second = () => publicationOf([packageOf({ version: '9.1.0.2', date: '2026-06-01' })]);
const contentOf = ({ written }: MemoryFiles) =>
  new Map([...written].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));
const indexOf = (files: MemoryFiles) => parseIndex(files.written.get(`${REPO}/index.json`) ?? utf8(''), 'index.json');
const codeOf = async (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'none',
    (error) => (error instanceof WinpvError ? error.code : String(error)),
  );

describe('a publication', () => {
  test('adds folders, an index that names every file with its hash, checksums and lists of the newest', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    expect([...files.written.keys()].sort()).toEqual(
      [
        'SHA256SUMS',
        ...['inf', 'cat', 'sys'].flatMap((end) => [
          `acme/xenbus/9.1.0.1/x64/xenbus.${end}`,
          `acme/xenbus/9.1.0.1/x86/xenbus.${end}`,
        ]),
        ...['xenbus.cat', 'xenbus.sys', 'xenvbd.inf'].map((name) => `acme/xenvbd/9.1.0.1/x64/${name}`),
        'index.json',
        'newest-acme-x64.txt',
        'newest-acme-x86.txt',
      ]
        .map((name) => `${REPO}/${name}`)
        .sort(),
    );
    expect(new TextDecoder().decode(files.written.get(`${REPO}/newest-acme-x64.txt`))).toBe(
      'acme\\xenbus\\9.1.0.1\\x64\\xenbus.inf\r\nacme\\xenvbd\\9.1.0.1\\x64\\xenvbd.inf\r\n',
    );
    expect((await checkRepository(files, REPO)).diagnostics).toEqual([]);
  });

  test('keeps what was there, and says which older packages the new one takes the place of', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    await publish(files, second());
    const { packages } = indexOf(files);
    expect(packages.find(({ version }) => version === '9.1.0.2')?.supersedes).toEqual(['acme/xenbus/9.1.0.1/x64']);
    expect(packages).toHaveLength(4);
    expect(new TextDecoder().decode(files.written.get(`${REPO}/newest-acme-x64.txt`))).toContain('9.1.0.2');
  });

  test('takes the place of none that has an id which it lacks, and of none that Windows ranks above it by its date', async () => {
    const files = memoryFiles({});
    await publish(files, publicationOf([packageOf({ hardwareIds: ['A', 'B'] })]));
    await publish(files, publicationOf([packageOf({ version: '9.1.0.2', date: '2026-06-01', hardwareIds: ['a'] })]));
    await publish(
      files,
      publicationOf([packageOf({ version: '9.9.0.0', date: '2026-01-01', hardwareIds: ['A', 'B'] })]),
    );
    for (const { supersedes } of indexOf(files).packages) expect(supersedes).not.toContain('acme/xenbus/9.1.0.1/x64');
  });

  test('is nothing to do when all of it is there already', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    const before = contentOf(files);
    const { changed, plan } = await publish(files, first());
    expect(changed).toBe(false);
    expect(plan.there).toHaveLength(3);
    expect(contentOf(files)).toEqual(before);
  });

  test('never puts other content under a version that was published', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    const before = contentOf(files);
    const other = publicationOf([packageOf({ content: 'two' }), packageOf({ version: '9.1.0.7' })]);
    expect(await codeOf(publish(files, other))).toBe('REPOSITORY_VERSION_TAKEN');
    expect(contentOf(files)).toEqual(before);
  });

  test('takes certificates of test-signed packages, and drops them when the last such package goes', async () => {
    const files = memoryFiles({});
    const signature = { kind: 'test', subject: 'CN=t', thumbprint: 'cd' } as const;
    const trust = trustOf();
    await publish(files, publicationOf([packageOf({ signature })], [trust]));
    expect(files.written.has(`${REPO}/${trust.name}`)).toBe(true);
    await publish(files, second(), { keep: 1 });
    expect(files.written.has(`${REPO}/${trust.name}`)).toBe(false);
    expect((await checkRepository(files, REPO)).diagnostics).toEqual([]);
  });

  test('prunes to the newest versions of each driver, but never what it publishes', async () => {
    const files = memoryFiles({});
    for (const n of [1, 2, 3])
      await publish(files, publicationOf([packageOf({ version: `9.1.0.${n}`, date: `2026-06-0${n}` })]));
    const { plan } = await publish(files, publicationOf([packageOf({ version: '9.0.0.0', date: '2020-01-01' })]), {
      keep: 2,
    });
    expect(plan.prune).toEqual(['acme/xenbus/9.1.0.1/x64']);
    expect(indexOf(files).packages.map(({ version }) => version)).toEqual(['9.0.0.0', '9.1.0.2', '9.1.0.3']);
    expect((await checkRepository(files, REPO)).diagnostics).toEqual([]);
  });

  test.each(['nul.sys', 'a<b.sys', '.winpv-x', 'XENBUS.INF'])('refuses the name %s', async (name) => {
    const files = memoryFiles({});
    expect(await codeOf(publish(files, publicationOf([packageOf({ more: [name] })])))).toBe('REPOSITORY_NAME_REFUSED');
    expect(files.written.size).toBe(0);
  });

  test('takes names with accents, blanks, percent signs and subfolders', async () => {
    const files = memoryFiles({});
    await publish(files, publicationOf([packageOf({ more: ['données é.dat', '100%.txt', 'sub/läuft & so.dll'] })]));
    expect((await checkRepository(files, REPO)).diagnostics).toEqual([]);
  });

  test('refuses a folder that holds something else, and an index that is broken or newer', async () => {
    const readme = memoryFiles({ [`${REPO}/readme.txt`]: utf8('mine') });
    expect(await codeOf(publish(readme, first()))).toBe('REPOSITORY_FOREIGN');
    for (const [text, code] of [
      ['{', 'REPOSITORY_BROKEN'],
      ['{"formatVersion":1}', 'REPOSITORY_BROKEN'],
      ['{"formatVersion":2}', 'REPOSITORY_NEWER'],
    ] as const) {
      const files = memoryFiles({ [`${REPO}/index.json`]: utf8(text) });
      expect(await codeOf(publish(files, first()))).toBe(code);
      expect(files.written.size).toBe(0);
    }
  });

  test('says what would happen and writes nothing with dryRun', async () => {
    const files = memoryFiles({});
    const { plan, changed } = await publish(files, first(), { dryRun: true });
    expect([plan.add.length, changed, files.written.size]).toEqual([3, false, 0]);
  });
});

describe('a publication that is killed', () => {
  const steps = async (start: () => Promise<MemoryFiles>, run: (files: Files) => Promise<unknown>): Promise<number> => {
    const counted = dyingFiles(await start(), Number.POSITIVE_INFINITY, 'before');
    await run(counted);
    return counted.used();
  };
  const empty = async () => memoryFiles({});
  const withFirst = async () => {
    const files = memoryFiles({});
    await publish(files, first());
    return files;
  };
  const scenes = [
    ['into a new folder', empty, (files: Files) => publish(files, first())],
    ['beside others', withFirst, (files: Files) => publish(files, second())],
    ['with pruning', withFirst, (files: Files) => publish(files, second(), { keep: 1 })],
  ] as const;

  test.each(scenes)(
    'at any write %s leaves an index that holds, and the next run ends as if nothing had been',
    async (_name, start, run) => {
      const whole = await start();
      await run(whole);
      const changes = await steps(start, run);
      expect(changes).toBeGreaterThan(5);
      for (let at = 0; at < changes; at += 1) {
        for (const when of ['before', 'after'] as const) {
          const files = await start();
          await expect(run(dyingFiles(files, at, when))).rejects.toBeInstanceOf(Died);
          if (files.written.has(`${REPO}/index.json`)) {
            const { diagnostics } = await checkRepository(files, REPO);
            const broken = diagnostics.filter(
              ({ code, at: place }) =>
                code === 'REPOSITORY_FILE_MISSING' ||
                (code === 'REPOSITORY_FILE_DIFFERS' && !/SHA256SUMS|newest-/.test(place?.file ?? '')),
            );
            expect(broken).toEqual([]);
            expect(diagnostics.filter(({ code }) => code === 'REPOSITORY_FILE_EXTRA')).toEqual([]);
          }
          await run(files);
          expect(contentOf(files)).toEqual(contentOf(whole));
        }
      }
    },
  );

  test('and followed by another publication leaves nothing of the first behind', async () => {
    const whole = await withFirst();
    await publish(whole, second());
    const third = publicationOf([packageOf({ version: '9.1.0.3', date: '2026-07-01' })]);
    for (let at = 0; at < 8; at += 1) {
      const files = await withFirst();
      await publish(dyingFiles(files, at, 'before'), third).catch(() => undefined);
      if (indexOf(files).packages.some(({ version }) => version === '9.1.0.3')) continue;
      await publish(files, second());
      expect(contentOf(files)).toEqual(contentOf(whole));
    }
  });

  test('is noted by a check as what the next publication takes away', async () => {
    const files = await withFirst();
    await publish(dyingFiles(files, 3, 'before'), second()).catch(() => undefined);
    const { diagnostics } = await checkRepository(files, REPO);
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['REPOSITORY_LEFTOVER', 'warning']]);
  });
});

describe('parts that cannot be written', () => {
  const readOnly = (files: Files, below: string): Files => {
    const refuse = (path: string): void => {
      if (path.includes(below))
        throw new WinpvError('FILE_UNWRITABLE', `${path} is read-only.`, { at: { file: path } });
    };
    return {
      ...files,
      write: async (path, ...rest) => {
        refuse(path);
        await files.write(path, ...rest);
      },
      remove: async (path) => {
        refuse(path);
        await files.remove(path);
      },
      rename: async (from, to) => {
        refuse(to);
        await files.rename(from, to);
      },
    };
  };

  test('stop a publication there, with the index as it was', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    const before = indexOf(files);
    expect(await codeOf(publish(readOnly(files, '/acme/'), second()))).toBe('FILE_UNWRITABLE');
    expect(indexOf(files)).toEqual(before);
  });

  test('stop nobody from publishing elsewhere', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    const other = publicationOf([packageOf({ brand: 'other' })]);
    expect((await publish(readOnly(files, '/acme/'), other)).changed).toBe(true);
    expect((await checkRepository(files, REPO)).diagnostics).toEqual([]);
  });

  test('that were pruned stay for the next run, with a warning, and a later publication is not held up', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    const { diagnostics } = await publish(readOnly(files, '/acme/xenbus/9.1.0.1/'), second(), { keep: 1 });
    expect(diagnostics.map(({ code }) => code)).toEqual(['REPOSITORY_LEFTOVER']);
    const other = publicationOf([packageOf({ brand: 'other' })]);
    expect((await publish(readOnly(files, '/acme/xenbus/9.1.0.1/'), other)).diagnostics).toHaveLength(1);
    await publish(files, second());
    expect((await checkRepository(files, REPO)).diagnostics).toEqual([]);
  });
});

describe('checking a repository', () => {
  test('tells what is missing, what differs, what is too much, and lists that do not follow', async () => {
    const files = memoryFiles({});
    await publish(files, first());
    await files.remove(`${REPO}/acme/xenbus/9.1.0.1/x64/xenbus.sys`);
    await files.write(`${REPO}/acme/xenbus/9.1.0.1/x86/xenbus.sys`, utf8('other'));
    await files.write(`${REPO}/acme/notes.txt`, utf8('mine'));
    await files.write(`${REPO}/newest-acme-x86.txt`, utf8('old'));
    const { diagnostics } = await checkRepository(files, REPO);
    expect(diagnostics.map(({ code, at }) => [code, at?.file.slice(REPO.length + 1)])).toEqual([
      ['REPOSITORY_FILE_MISSING', 'acme/xenbus/9.1.0.1/x64/xenbus.sys'],
      ['REPOSITORY_FILE_DIFFERS', 'acme/xenbus/9.1.0.1/x86/xenbus.sys'],
      ['REPOSITORY_FILE_DIFFERS', 'newest-acme-x86.txt'],
      ['REPOSITORY_FILE_EXTRA', 'acme/notes.txt'],
    ]);
  });

  test('needs an index', async () => {
    expect(await codeOf(checkRepository(memoryFiles({}), REPO))).toBe('FILE_NOT_FOUND');
  });
});
