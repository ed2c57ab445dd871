import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
import { decodeInfText } from '../../packaging/formats/inf/text.ts';
import { INF_VARIANTS } from '../support/inf-variants.ts';
import { describeCorpus } from '../support/outside.ts';

const MODES = ['none', 'w'] as const;

interface Broken {
  readonly rule: number;
  /** What two ways of writing are compared by; positions move with the lines. */
  readonly text: string;
}

const broken = (bytes: Uint8Array): readonly Broken[] =>
  MODES.flatMap((mode) =>
    verifyInf(bytes, { mode, stampinf: true }).findings.flatMap(({ rule, code, severity }) =>
      rule === undefined ? [] : [{ rule, text: `${mode}: ${code} ${severity}` }],
    ),
  );

const without = (all: readonly Broken[], not: readonly number[]): readonly string[] =>
  all
    .filter(({ rule }) => !not.includes(rule))
    .map(({ text }) => text)
    .sort();

describeCorpus('real INFs, written in another way', (corpus) => {
  const files = ['inf', 'signed', 'xen/rendered', 'xen/legacy']
    .flatMap((folder) =>
      readdirSync(corpus.path(folder), { recursive: true }).map((name) =>
        posix.join(folder, String(name).replaceAll('\\', '/')),
      ),
    )
    .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
    // Small ones show as much, sooner.
    .filter((name) => corpus.file(name).length < 9_000);

  const infs = files.map((file) => {
    const text = decodeInfText(corpus.file(file), file).text.replaceAll('\r\n', '\n');
    return { file, text, own: broken(new TextEncoder().encode(text)) };
  });

  test.each(INF_VARIANTS)('break the same rules $name', ({ apply, bytes, not }) => {
    for (const { file, text, own } of infs) {
      expect([file, ...without(broken(bytes(apply(text))), not)]).toEqual([file, ...without(own, not)]);
    }
  });
});
