import { ERROR_CODES, type ErrorCode, type ExitCode } from '../../../core/error-codes.ts';
import { FAILURE_EVIDENCE } from '../../../emulator/failure-evidence.ts';
import { PV_RULE_TABLE } from '../../../packaging/formats/inf/pv/table.ts';
import { areaOf } from './areas.ts';
import { BRAND_TEXTS, LEDGER_TEXTS, PATCH_TEXTS } from './branding.ts';
import type { Explanation } from './contract.ts';
import { HLK_TEXTS, PACKAGE_TEXTS } from './evidence.ts';
import { CABINET_TEXTS, CATALOG_TEXTS, FORMAT_TEXTS } from './formats.ts';
import { BUNDLE_TEXTS, INF_TEXTS } from './inf.ts';
import { MACHINE_TEXTS } from './machine.ts';
import { LABEL_TEXTS, PUBLISHING_TEXTS, REPOSITORY_TEXTS } from './publishing.ts';
import { REHEARSAL_TEXTS, STATEMENT_TEXTS } from './release.ts';
import { SIGNING_TEXTS, TIMESTAMP_TEXTS } from './signing.ts';
import { type TabledCode, tabledTexts } from './tabled.ts';
import { VERIFY_TEXTS } from './verify.ts';

/** A code without a text in one of the files beside this one, or in a table elsewhere, does not compile here. */
const WRITTEN: Readonly<Record<Exclude<ErrorCode, TabledCode>, Explanation>> = {
  ...MACHINE_TEXTS,
  ...BRAND_TEXTS,
  ...LEDGER_TEXTS,
  ...PATCH_TEXTS,
  ...INF_TEXTS,
  ...BUNDLE_TEXTS,
  ...FORMAT_TEXTS,
  ...CATALOG_TEXTS,
  ...CABINET_TEXTS,
  ...SIGNING_TEXTS,
  ...TIMESTAMP_TEXTS,
  ...VERIFY_TEXTS,
  ...PACKAGE_TEXTS,
  ...HLK_TEXTS,
  ...PUBLISHING_TEXTS,
  ...LABEL_TEXTS,
  ...REPOSITORY_TEXTS,
  ...STATEMENT_TEXTS,
  ...REHEARSAL_TEXTS,
};

/** All that is said of a code, on its page in docs/errors and by `winpv explain`. */
export interface CodePage {
  readonly code: ErrorCode;
  readonly exit: ExitCode;
  readonly title: string;
  readonly area: string;
  readonly means: string;
  readonly advice: string;
  /** Rows of the failure-mode table that the code tells of. */
  readonly failureModes: readonly string[];
  /** Pages below docs/ that say more. */
  readonly more: readonly string[];
}

/** Findings that name a failure mode in `failureMode`, and that neither table has. */
const TOLD: Readonly<Partial<Record<ErrorCode, readonly string[]>>> = {
  LEDGER_BACKWARD: ['F55'],
  SIGN_KEY_TEST: ['F45'],
  VERIFY_TEST_CERTIFICATE: ['F45'],
};

const failureModesOf = (code: ErrorCode): readonly string[] => {
  const named = new RegExp(`\\b${code}\\b`);
  const seen = Object.entries(FAILURE_EVIDENCE).flatMap(([mode, { how }]) => (named.test(how) ? [mode] : []));
  const checked = PV_RULE_TABLE.filter((check) => check.code === code).flatMap(({ failureModes }) => failureModes);
  return [...new Set([...checked, ...seen, ...(TOLD[code] ?? [])])].sort();
};

/** Every code with its page, in the order of the alphabet. */
export const codePages = (): readonly CodePage[] => {
  // What somebody wrote for a code comes before the row of a table that has the code as well.
  const texts = new Map<string, Explanation>([...tabledTexts(), ...Object.entries(WRITTEN)]);
  return (Object.keys(ERROR_CODES) as ErrorCode[]).sort().map((code) => {
    const [means, advice] = texts.get(code) ?? ['', ''];
    const area = areaOf(code);
    const failureModes = failureModesOf(code);
    return {
      ...{ code, ...ERROR_CODES[code], area: area?.title ?? '', means, advice, failureModes },
      more: [...(area === undefined ? [] : [area.more]), ...(failureModes.length === 0 ? [] : ['failure-modes.md'])],
    };
  });
};
