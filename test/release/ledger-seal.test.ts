import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { systemTimer } from '../../cli/adapters/machine.ts';
import { checkAgainstLedger, commitWithLedger, readLedger } from '../../release/ledger/keep-ledger.ts';
import type { NewEntry } from '../../release/ledger/ledger.ts';
import { winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';
import { sharedHierarchy, signingParts } from '../support/test-keys.ts';

let project: TestProject;
afterEach(() => project.dispose());

const entry = (brand: string, version: string): NewEntry => ({
  ...{ time: '2026-05-04T10:00:00.000Z', brand, tool: '1.0.0', standIns: false },
  packages: [
    { driver: 'xenvbd', architecture: 'x64', version, date: '2026-05-04', content: version.at(-1)?.repeat(64) ?? '' },
  ],
});

const portsOf = async (thumbprint?: string) => {
  const { signer } = signingParts(await sharedHierarchy());
  const { createHash } = await import('node:crypto');
  const [leaf] = await signer.certificates();
  const own = createHash('sha1')
    .update(leaf ?? '')
    .digest('hex');
  const key = async () => ({ signer: { subject: 'CN=Example', thumbprint: thumbprint ?? own }, seal: signer });
  return { files: diskFiles, timer: systemTimer, key };
};

const keep = async (...entries: readonly NewEntry[]): Promise<void> => {
  const ports = await portsOf();
  for (const one of entries)
    await commitWithLedger(ports, await readLedger(diskFiles, project.folder), [one], async () => undefined);
};

const ledgerFile = () => project.path('.winpv/ledger.jsonl');
const verify = () => winpvJson(['ledger', 'verify', '-C', project.folder]);
const lines = (): readonly string[] => readFileSync(ledgerFile(), 'utf8').trimEnd().split('\n');
const rewrite = (made: readonly string[]) => writeFileSync(ledgerFile(), made.map((line) => `${line}\n`).join(''));

const three = async (): Promise<void> => {
  project = await makeProject({});
  await keep(entry('acme', '9.1.0.1'), entry('acme', '9.1.0.2'), entry('acme', '9.1.0.3'));
};

describe('a sealed ledger', () => {
  test('is intact, and says who released what and when', async () => {
    await three();
    expect(await verify()).toMatchObject({
      exit: 0,
      result: { entries: 3, intact: true, seal: 'sealed', forward: true },
    });
    const { result } = await winpvJson(['ledger', 'show', '-C', project.folder]);
    expect(result.entries[0]).toMatchObject({
      brand: 'acme',
      time: '2026-05-04T10:00:00.000Z',
      signer: { subject: 'CN=Example' },
    });
  });

  test('is not intact when a value was changed, lines were taken out or put in another order, wherever', async () => {
    await three();
    const good = lines();
    const spoilt: Readonly<Record<string, readonly string[]>> = {
      'a changed entry': good.map((line, i) => (i === 1 ? line.replace('9.1.0.2', '9.1.0.9') : line)),
      'a changed last entry': good.map((line, i) => (i === 2 ? line.replace('acme', 'acmf') : line)),
      'no first entry': good.slice(1),
      'no middle entry': good.filter((_line, i) => i !== 1),
      'no last entry': good.slice(0, 2),
      'no entry at all': [],
      'another order': [1, 0, 2].map((i) => good[i] ?? ''),
      'an entry twice': [...good, good[2] ?? ''],
    };
    for (const [what, text] of Object.entries(spoilt)) {
      rewrite(text);
      const { exit, result } = await verify();
      expect([what, exit, result.intact]).toEqual([what, 5, false]);
    }
    rewrite(good);
    expect((await verify()).exit).toBe(0);
  });

  test('stops a release when its end is missing', async () => {
    await three();
    rewrite(lines().slice(0, 2));
    await expect(readLedger(diskFiles, project.folder)).rejects.toMatchObject({ code: 'LEDGER_SEAL_BROKEN' });
  });

  test('is begun anew when it is gone as a whole, with a warning, and is not intact until then', async () => {
    await three();
    rmSync(project.path('.winpv/ledger.jsonl'));
    expect(await verify()).toMatchObject({ exit: 5, error: { code: 'LEDGER_SEAL_BROKEN' } });
    const ledger = await readLedger(diskFiles, project.folder);
    expect([ledger.entries, ledger.lost]).toEqual([[], true]);
    expect(checkAgainstLedger(ledger, [])).toMatchObject([{ code: 'LEDGER_SEAL_BROKEN', severity: 'warning' }]);
  });

  test('is not intact without its seal, or with one that somebody changed or made', async () => {
    await three();
    const seal = project.path('.winpv/ledger.seal');
    const text = readFileSync(seal, 'utf8');
    rmSync(seal);
    expect(await verify()).toMatchObject({ exit: 5, error: { code: 'LEDGER_SEAL_BROKEN' } });
    const envelope = JSON.parse(text);
    const payload = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(envelope.payload, 'base64').toString()), entries: 2 }),
    );
    for (const made of [
      { ...envelope, payload: payload.toString('base64') },
      {
        ...envelope,
        signatures: [{ ...envelope.signatures[0], sig: envelope.signatures[0].sig.replace(/^../, 'AA') }],
      },
      { ...envelope, signatures: [] },
    ]) {
      writeFileSync(seal, JSON.stringify(made));
      expect(await verify()).toMatchObject({ exit: 5, error: { code: 'LEDGER_SEAL_BROKEN' } });
    }
  });

  test('has to be sealed with the key of one of its releases', async () => {
    project = await makeProject({});
    const ports = await portsOf('ab'.repeat(20));
    const known = await readLedger(diskFiles, project.folder);
    await commitWithLedger(ports, known, [entry('acme', '9.1.0.1')], async () => undefined);
    const { exit, error = { code: '', message: '' } } = await verify();
    expect([exit, error.code, error.message]).toEqual([
      5,
      'LEDGER_SEAL_BROKEN',
      expect.stringContaining('was sealed by'),
    ]);
  });

  test('takes an older seal after a crash, and says that its end is not sealed', async () => {
    project = await makeProject({});
    await keep(entry('acme', '9.1.0.1'));
    const older = readFileSync(project.path('.winpv/ledger.seal'));
    await keep(entry('acme', '9.1.0.2'));
    writeFileSync(project.path('.winpv/ledger.seal'), older);
    const { exit, result, diagnostics } = await verify();
    expect([exit, result.seal]).toEqual([0, 'open']);
    expect(diagnostics).toEqual([expect.objectContaining({ code: 'LEDGER_UNSEALED', severity: 'warning' })]);
  });

  test('takes both of two releases that are noted at once', async () => {
    project = await makeProject({});
    const known = await readLedger(diskFiles, project.folder);
    const ports = await portsOf();
    await Promise.all(
      ['acme', 'other', 'third'].map((brand) =>
        commitWithLedger(ports, known, [entry(brand, '9.1.0.1')], async () => undefined),
      ),
    );
    expect(await verify()).toMatchObject({ exit: 0, result: { entries: 3, seal: 'sealed' } });
  });
});
