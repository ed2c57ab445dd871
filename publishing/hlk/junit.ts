import { Parser } from 'xml2js';
import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import { parseXml } from '../../packaging/formats/xml/parse.ts';
import { decodeXmlText } from '../../packaging/formats/xml/text.ts';

export interface JunitCase {
  readonly name: string;
  readonly className: string;
  /** The texts of `system-out`, in order. */
  readonly output: readonly string[];
  readonly failed: boolean;
  readonly errored: boolean;
  readonly skipped: boolean;
}

export interface JunitSuite {
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly JunitCase[];
}

const MAX_BYTES = 64 * 1024 * 1024;
const attributes = z.record(z.string(), z.string());
const textNode = z.union([z.string(), z.looseObject({ _: z.string().optional() }).transform((node) => node._ ?? '')]);
const mark = z.array(z.unknown()).optional();
const testCase = z.looseObject({
  $: attributes,
  'system-out': z.array(textNode).optional(),
  failure: mark,
  error: mark,
  skipped: mark,
});
const property = z.looseObject({ $: attributes });
/** An element without content is an empty text. */
const list = z.union([
  z.literal('').transform(() => ({ property: [] })),
  z.looseObject({ property: z.array(property).optional() }),
]);
const suite = z.looseObject({ properties: z.array(list).optional(), testcase: z.array(testCase).optional() });
const top = z.looseObject({
  testsuite: suite.optional(),
  testsuites: z.looseObject({ testsuite: z.array(suite) }).optional(),
});

/**
 * Reads a JUnit report. The order of different elements says nothing in it, so a plain library serves, after our own
 * reader has refused what it would take: document types, entities, depth.
 * @throws WinpvError XML_*, HLK_RESULTS
 */
export const parseJunit = (bytes: Uint8Array, file: string): JunitSuite => {
  parseXml(bytes, file, { maxBytes: MAX_BYTES });
  const refused = new WinpvError('HLK_RESULTS', 'The file is no JUnit report.', { at: { file } });
  let value: unknown;
  let failure: unknown;
  new Parser({ async: false }).parseString(decodeXmlText(bytes, file), (error: Error | null, result: unknown) => {
    value = result;
    failure = error ?? undefined;
  });
  const parsed = top.safeParse(value);
  if (failure !== undefined || !parsed.success) throw refused;
  const { testsuite, testsuites } = parsed.data;
  const suites = testsuite === undefined ? (testsuites?.testsuite ?? []) : [testsuite];
  if (suites.length === 0) throw refused;
  return {
    properties: Object.fromEntries(suites.flatMap(propertiesOf)),
    cases: suites.flatMap(({ testcase = [] }) => testcase.map(caseOf)),
  };
};

type Suite = z.output<typeof suite>;

const propertiesOf = ({ properties = [] }: Suite): readonly (readonly [string, string])[] =>
  properties.flatMap(({ property: all = [] }) =>
    all.map(({ $ }) => [$.name ?? '', $.value ?? ''] as const).filter(([name]) => name !== '' && name !== '__proto__'),
  );

const caseOf = (one: z.output<typeof testCase>): JunitCase => ({
  name: one.$.name ?? '',
  className: one.$.classname ?? '',
  output: one['system-out'] ?? [],
  failed: one.failure !== undefined,
  errored: one.error !== undefined,
  skipped: one.skipped !== undefined,
});
