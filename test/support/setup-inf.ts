import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTempFolder } from './outside.ts';
import { type WineProgram, winePath, wineProgram } from './wine.ts';

/** SetupAPI as Wine has it, asked by test/oracles/setup-inf.c, which says what can be asked and how it answers. */
export const setupInf = (): WineProgram => wineProgram('test/oracles/setup-inf.c', { libs: ['setupapi', 'advapi32'] });

export type Question =
  | readonly ['dump' | 'include']
  | readonly ['open' | 'append', path: string]
  | readonly ['actual' | 'count' | 'files' | 'registry' | 'services' | 'source' | 'target', name: string];

/** The parts of one line of an answer; the first is its kind. */
export type AnswerLine = readonly [kind: string, ...parts: string[]];

const plain = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

const written = ([verb, text]: Question): string => {
  if (text === undefined) return verb;
  return `${verb}\t${verb === 'open' || verb === 'append' ? winePath(text) : text}`;
};

/** Asks many questions in one process; the answer to each is the lines that the program wrote about it. */
export const askSetupApi = (
  program: WineProgram,
  questions: readonly Question[],
): Promise<readonly (readonly AnswerLine[])[]> =>
  withTempFolder((folder) => {
    const [asked, answered] = [join(folder, 'questions.txt'), join(folder, 'answers.txt')];
    writeFileSync(asked, questions.map((question) => `${written(question)}\n`).join(''));
    const { exit, stderr } = program([winePath(asked), winePath(answered)]);
    if (exit !== 0) throw new Error(`setup-inf: ${exit} ${stderr}`);
    const answers: AnswerLine[][] = [];
    for (const text of readFileSync(answered, 'latin1').split(/\r?\n/)) {
      const [kind = '', ...parts] = text.split('\t').map(plain);
      if (kind === '?') answers.push([]);
      else if (kind !== '') answers.at(-1)?.push([kind, ...parts]);
    }
    if (answers.length !== questions.length) throw new Error(`setup-inf answered ${answers.length} questions`);
    return answers;
  });

/** A line as SetupAPI reads it. */
export interface ReadLine {
  readonly key: string | null;
  readonly fields: readonly string[];
  /** Each field as SetupGetIntField has it; undefined when it is no number. */
  readonly numbers: readonly (number | undefined)[];
  /** SetupGetLineText. */
  readonly text: string;
  /** SetupGetMultiSzField from the first field on. */
  readonly multi: readonly string[];
}

export interface ReadSection {
  readonly name: string;
  /** SetupGetLineCount. */
  readonly count: number;
  readonly lines: readonly ReadLine[];
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** The sections in an answer to `dump`. */
export const readSections = (answer: readonly AnswerLine[]): readonly ReadSection[] => {
  const sections: { name: string; count: number; lines: Open<ReadLine>[] }[] = [];
  let key: string | null = null;
  for (const [kind, ...parts] of answer) {
    const section = sections.at(-1);
    const line = section?.lines.at(-1);
    if (kind === 'section') sections.push({ name: parts[0] ?? '', count: Number(parts[1]), lines: [] });
    else if (kind === 'key') key = parts[0] ?? '';
    else if (kind === 'line') {
      section?.lines.push({ key, fields: parts, numbers: [], text: '', multi: [] });
      key = null;
    } else if (line === undefined) throw new Error(`setup-inf: "${kind}" outside a line`);
    else if (kind === 'int') line.numbers = parts.map((part) => (part === '-' ? undefined : Number(part)));
    else if (kind === 'text') line.text = parts[0] ?? '';
    else if (kind === 'multi') line.multi = parts;
  }
  return sections;
};
