import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseBrand } from '../../branding/load.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { filesBelow } from '../support/project.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-init-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const brandIn = (id: string) => {
  const path = join(folder, 'brands', `${id}.yaml`);
  return parseBrand(readFileSync(path), path).brand;
};

/** A person who answers these, one after the other, and the questions that were asked. */
const personWho = (...answers: readonly string[]) => {
  const asked: string[] = [];
  const said: string[] = [];
  const left = [...answers];
  const questions = async () => ({
    ask: async (question: string) => {
      asked.push(question);
      return left.shift() ?? '';
    },
    say: (line: string) => void said.push(line),
    close: () => undefined,
  });
  return { asked, said, questions };
};

describe('winpv init', () => {
  test('writes a project that is released as it is', async () => {
    const { result, error } = await winpvJson([
      'init',
      folder,
      '--brand',
      'acme',
      '--vendor',
      'Acme Ltd.',
      '--prefix',
      'AC',
    ]);
    expect(error).toBeUndefined();
    expect([...filesBelow(folder)].sort()).toEqual(['.gitignore', 'brands/acme.yaml', 'winpv.yaml']);
    expect(result).toMatchObject({ folder, brand: 'acme' });
    const out = join(folder, 'dist');
    const release = await winpvJson(['release', '-C', folder, '--out', out, '--date', '2026-05-04']);
    expect(release.error).toBeUndefined();
    expect(filesBelow(out)).toContain('acme/xenvbd/x64/xenvbd.inf');
  });

  test('needs no answer: the brand is called after the folder', async () => {
    const place = join(folder, '2. Über Kiste');
    const { error, result } = await winpvJson(['init', place]);
    expect(error).toBeUndefined();
    expect(result.brand).toBe('uber-kiste');
  });

  test.each([
    ['Acme Ltd.', 'AC'],
    ['Big Iron Works', 'BI'],
    ['Élan', 'EL'],
    ['株式会社', 'MC'],
    ['7 Seas', 'SE'],
  ])('takes the prefix of %s from the name: %s', async (vendor, prefix) => {
    const { error } = await winpvJson(['init', folder, '--brand', 'b', '--vendor', vendor]);
    expect(error).toBeUndefined();
    expect(brandIn('b').vendorPrefix).toBe(prefix);
  });

  test('asks a person, offers what it would take, and asks again when an answer cannot be', async () => {
    const person = personWho('Acme Ltd.', '', '9A', 'AX', 'C147', 'C8E4');
    const { exit, stdout } = await winpv(['init', folder, '--brand', 'acme'], { questions: person.questions });
    expect(exit).toBe(0);
    expect(brandIn('acme')).toMatchObject({
      ...{ vendorName: 'Acme Ltd.', productName: 'Acme Ltd.', vendorPrefix: 'AX', vendorDeviceId: 'C8E4' },
    });
    expect(person.asked).toHaveLength(6);
    expect(person.asked[1]).toContain('[Acme Ltd.]');
    expect(person.asked[2]).toContain('[AC]');
    expect(person.said.join('\n')).toMatch(/letter, then letters or digits/);
    expect(person.said.join('\n')).toMatch(/XenClient/);
    expect(stdout).toContain('Next: winpv release -C ');
  });

  test('asks nobody when the vendor is given, or when a program reads the answer', async () => {
    const person = personWho();
    await winpv(['init', folder, '--vendor', 'Acme'], { questions: person.questions });
    rmSync(join(folder, 'winpv.yaml'));
    rmSync(join(folder, 'brands'), { recursive: true });
    const { error } = await winpvJson(['init', folder], { questions: person.questions });
    expect(error).toBeUndefined();
    expect(person.asked).toEqual([]);
  });

  test('leaves a .gitignore that is there, and refuses a folder that has a project or the brand', async () => {
    writeFileSync(join(folder, '.gitignore'), 'mine\n');
    expect((await winpvJson(['init', folder, '--brand', 'acme', '--vendor', 'A b'])).error).toBeUndefined();
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('mine\n');
    const again = await winpvJson(['init', folder, '--brand', 'other']);
    expect(again.error).toMatchObject({ code: 'OUTPUT_NOT_EMPTY', at: { file: join(folder, 'winpv.yaml') } });
    rmSync(join(folder, 'winpv.yaml'));
    const brand = await winpvJson(['init', folder, '--brand', 'acme']);
    expect(brand.error).toMatchObject({ code: 'OUTPUT_NOT_EMPTY', at: { file: join(folder, 'brands', 'acme.yaml') } });
    expect(filesBelow(folder)).not.toContain('winpv.yaml');
  });

  test('refuses values that no brand may have, and writes nothing', async () => {
    const { error } = await winpvJson(['init', folder, '--vendor', 'Microsoft', '--device-id', 'C147']);
    expect(error?.code).toMatch(/^BRAND_/);
    expect(filesBelow(folder)).toEqual([]);
  });
});
