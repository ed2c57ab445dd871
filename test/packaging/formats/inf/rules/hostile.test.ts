import { describe, expect, test } from 'vitest';
import { verifyInf } from '../../../../../packaging/formats/inf/rules/verify.ts';
import { GOOD_INF, infBytes } from '../../../../support/inf-rules.ts';

const repeat = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** Text before [Strings] of an INF that is otherwise good. */
const withText = (text: string): Uint8Array => infBytes(GOOD_INF.replace('[Strings]', () => `${text}\n[Strings]`));

const INSTALL = '[Disk.NT]';

const SHAPES: readonly (readonly [what: string, make: (count: number) => Uint8Array])[] = [
  [
    'sections that need each other in a ring',
    (n) => withText(`${INSTALL}\nNeeds = N0\n${repeat(n, (i) => `[N${i}]\nNeeds = N${(i + 1) % n}`)}`),
  ],
  ['a section that names many missing ones', (n) => withText(`${INSTALL}\n${repeat(n, (i) => `AddReg = Gone${i}`)}`)],
  [
    'a section that includes much and names much',
    (n) => withText(`${INSTALL}\n${repeat(n, (i) => `Include = a${i}.inf\nAddReg = Gone${i}`)}`),
  ],
  [
    'needs of another suffix, many times over',
    (n) => withText(`${INSTALL}\nNeeds = More\n[More]\n${repeat(n, () => 'Needs = More.HW')}`),
  ],
  [
    'many devices whose services lead through one chain',
    (n) =>
      withText(
        `[Models.NTamd64.10.0...17763]\n${repeat(n, (i) => `x = I${i},A\\${i}`)}\n${repeat(n, (i) => `[I${i}]\n[I${i}.Services]\nNeeds = C0.Services`)}\n${repeat(n, (i) => `[C${i}.Services]\nNeeds = C${i + 1}.Services`)}\n[C${n}.Services]`,
      ),
  ],
  [
    'many decorations and many devices',
    (n) =>
      withText(
        `[Manufacturer]\n${repeat(Math.ceil(n / 50), (i) => `M${i} = Models,${repeat(50, (k) => `NTamd64.10.0...${20000 + i * 50 + k}`).replaceAll('\n', ',')}`)}\n${repeat(n, (i) => `[Models.NTamd64.10.0...${20000 + i}]\nx = Disk,A\\${i}`)}`,
      ),
  ],
  ['one list with many destinations', (n) => withText(`[DestinationDirs]\n${repeat(n, () => 'DefaultDestDir = 13')}`)],
  ['many sections that begin again', (n) => withText(repeat(n, () => '[Disk.Files]'))],
  [
    'many registry values in one section',
    (n) => withText(`${INSTALL}\nAddReg = R\n[R]\n${repeat(n, (i) => `HKR,,V${i},,"%V%"`)}`),
  ],
  [
    'one registry value, many times differently',
    (n) =>
      withText(
        `${INSTALL}\n${repeat(n, (i) => `AddReg = R${i}`)}\n${repeat(n, (i) => `[R${i}]\nHKLM,Software\\A,V,,${i}`)}`,
      ),
  ],
];

/** CPU time in milliseconds, of the best of some runs. */
const timeOf = (bytes: Uint8Array): number => {
  const once = (): number => {
    const before = process.cpuUsage();
    verifyInf(bytes, { mode: 'w' });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  return Math.min(once(), once());
};

describe('hostile INFs', () => {
  test.each(SHAPES)(
    '%s: eight times as much takes at most thirty times as long',
    (_, make) => {
      const small = timeOf(make(500));
      const large = timeOf(make(4000));
      expect(large).toBeLessThan(30 * Math.max(small, 5));
    },
    60_000,
  );
});
