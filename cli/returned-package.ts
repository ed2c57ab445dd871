import type { Diagnostic } from '../core/errors.ts';
import type { Account } from '../publishing/partner-center/account.ts';
import type { SubmissionPlan } from '../publishing/submission/plan.ts';
import type { ReturnedFile } from '../publishing/submission/run.ts';
import type { Io } from './io.ts';
import { sentDrivers } from './sent-drivers.ts';

export interface SentForSigning {
  readonly plan: SubmissionPlan;
  readonly account: Account;
  readonly out: string;
  /** The file that was uploaded. */
  readonly content: Uint8Array;
}

interface Judges {
  readonly trust: readonly Uint8Array[];
  readonly nowMs: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** The emulator's own root and time; towards the real service nothing is asked, and Microsoft's roots are known. */
const judgesOf = async (io: Io, { endpoint }: Account): Promise<Judges> => {
  const nowMs = io.clock.now();
  if (!endpoint.emulated) return { trust: [], nowMs };
  const http = await io.http();
  const ask = async (path: string): Promise<Uint8Array | undefined> => {
    const url = new URL(path, endpoint.base).href;
    const request = { method: 'GET', url, headers: {}, timeoutMs: 60_000, maxBytes: MAX_ANSWER_BYTES };
    const { status, body } = await http.send(request);
    return status === 200 ? body : undefined;
  };
  const root = await ask('/emulator/trust/root.cer');
  const clock = /"now":"([^"]+)"/.exec(new TextDecoder().decode(await ask('/emulator/clock')))?.[1];
  return { trust: root === undefined ? [] : [root], nowMs: Math.max(nowMs, Date.parse(clock ?? '') || 0) };
};

/** Compares the signed package with what was sent. */
export const checkReturnedPackage = async (
  io: Io,
  { plan, account, out, content }: SentForSigning,
  returned: readonly ReturnedFile[],
): Promise<readonly Diagnostic[]> => {
  const { compareReturned } = await import('../publishing/returned/compare.ts');
  const { programmeOf } = await import('../publishing/refusals/contract.ts');
  const { brand, architecture } = plan;
  const product = 'create' in plan.product ? plan.product.create : undefined;
  const programme = programmeOf({ file: plan.package.path, product });
  const sent = await sentDrivers(io, { out, brand, architecture, path: plan.package.path, content });
  return compareReturned(sent, returned, {
    programme,
    ...(await judgesOf(io, account)),
    signatures: product?.requestedSignatures ?? [],
    special: product?.isTestSign === true || product?.isFlightSign === true,
    allPackages: programme === 'attestation',
  });
};
