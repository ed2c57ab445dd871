import { utf8 } from '../../core/bytes.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { Account } from '../../publishing/partner-center/account.ts';
import type { SubmissionPlan } from '../../publishing/submission/plan.ts';
import type { ReturnedFile } from '../../publishing/submission/run.ts';
import type { Io } from '../io.ts';
import { sentDrivers } from './sent-drivers.ts';

export interface SentForSigning {
  readonly plan: SubmissionPlan;
  readonly account: Account;
  readonly out: string;
  /** The file that was uploaded. */
  readonly content: Uint8Array;
}

interface Judges {
  /** DER of the emulator's root. */
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

/** Whoever verifies the package later, when no emulator runs any more, needs its root. */
const keepRoots = async (io: Io, { out, plan }: SentForSigning, { trust }: Judges): Promise<void> => {
  if (trust.length === 0) return;
  const { encodePem } = await import('../../packaging/formats/x509/pem.ts');
  const { submissionPath } = await import('../../publishing/submission/state.ts');
  const { brand, architecture } = plan;
  const pem = trust.map((root) => encodePem('CERTIFICATE', root)).join('');
  await io.files.write(submissionPath(io.files, { out, brand, architecture }, '-root.pem'), utf8(pem));
};

/** Compares the signed package with what was sent. */
export const checkReturnedPackage = async (
  io: Io,
  submitted: SentForSigning,
  returned: readonly ReturnedFile[],
): Promise<readonly Diagnostic[]> => {
  const { plan, account, out, content } = submitted;
  const { compareReturned } = await import('../../publishing/returned/compare.ts');
  const { programmeOf } = await import('../../publishing/refusals/contract.ts');
  const { brand, architecture } = plan;
  const product = 'create' in plan.product ? plan.product.create : undefined;
  const programme = programmeOf({ file: plan.package.path, product });
  const sent = await sentDrivers(io, { out, brand, architecture, path: plan.package.path, content });
  const judges = await judgesOf(io, account);
  await keepRoots(io, submitted, judges);
  return compareReturned(sent, returned, {
    programme,
    ...judges,
    signatures: product?.requestedSignatures ?? [],
    special: product?.isTestSign === true || product?.isFlightSign === true,
    allPackages: programme === 'attestation',
  });
};
