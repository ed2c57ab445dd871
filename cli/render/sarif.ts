import { ERROR_CODES, type ErrorCode } from '../../core/error-codes.ts';
import type { Diagnostic, Severity, SourcePosition } from '../../core/errors.ts';

/** What a SARIF log says of a run; the schema's names (SARIF 2.1.0, OASIS). */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly unknown[];
}

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** A path as a URI reference: relative as given, absolute with the file scheme (3.4.2). */
export const sarifUri = (path: string): string => {
  const plain = path.replaceAll('\\', '/');
  const encoded = plain.split('/').map(encodeSegment).join('/');
  if (/^[a-z]:\//i.test(plain)) return `file:///${plain.slice(0, 2)}${encoded.slice(encoded.indexOf('/'))}`;
  if (plain.startsWith('//')) return `file:${encoded}`;
  return plain.startsWith('/') ? `file://${encoded}` : encoded.replace(/^\.\//, '');
};

/** Half a surrogate pair has no UTF-8 form, so it cannot stand in a URI. */
const encodeSegment = (segment: string): string => encodeURIComponent(segment.replace(/\p{Cs}/gu, '\ufffd'));

const region = ({ line, column, offset }: SourcePosition, excerpt: string | undefined) => {
  if (line === undefined) return offset === undefined ? undefined : { byteOffset: offset };
  return {
    startLine: line,
    ...(column === undefined ? {} : { startColumn: column }),
    ...(excerpt === undefined ? {} : { snippet: { text: excerpt } }),
  };
};

const location = (at: SourcePosition, excerpt: string | undefined) => {
  const where = region(at, excerpt);
  return {
    physicalLocation: {
      artifactLocation: { uri: sarifUri(at.file) },
      ...(where === undefined ? {} : { region: where }),
    },
  };
};

const result = (finding: Diagnostic, ruleIndex: number) => {
  const { code, severity, message, hint, at, excerpt, failureMode, rule } = finding;
  const properties = {
    ...(rule === undefined ? {} : { infVerif: rule }),
    ...(failureMode === undefined ? {} : { failureMode }),
  };
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: hint === undefined ? message : `${message}\n\n${hint}` },
    locations: at === undefined ? [] : [location(at, excerpt)],
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
};

export interface SarifRun {
  readonly version: string;
  /** Files that were looked at, whether something was found in them or not. */
  readonly files: readonly string[];
  readonly findings: readonly Diagnostic[];
}

/** Findings as a SARIF 2.1.0 log of one run. */
export const sarifLog = ({ version, files, findings }: SarifRun): SarifLog => {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const indexes = new Map<ErrorCode, number>(codes.map((code, index) => [code, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'winpv',
            version,
            rules: codes.map((id) => ({ id, shortDescription: { text: `${ERROR_CODES[id].title}.` } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true }],
        artifacts: [...new Set(files.map(sarifUri))].map((uri) => ({ location: { uri } })),
        results: findings.map((finding) => result(finding, indexes.get(finding.code) ?? -1)),
      },
    ],
  };
};
