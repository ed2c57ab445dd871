import { policyRows } from '../../packaging/signing/policy.ts';
import { SHA1_CUTOFF, WINDOWS_RELEASES } from '../../packaging/signing/policy-data.ts';
import type { FileVerdict, SignatureReport } from '../../packaging/signing/verdict.ts';
import { type GuestSpec, policyKey } from '../guest/guest.ts';
import type { ImageFacts } from './facts.ts';

type Loads = ImageFacts['loads'];

/** All that the policy looks at of a signature. */
const signatureKey = ({ verdict, digestAlgorithm, timestamp, authorityPaths }: SignatureReport): unknown => [
  ...[verdict, digestAlgorithm, timestamp?.verdict, timestamp?.time && Date.parse(timestamp.time) >= SHA1_CUTOFF],
  authorityPaths.map(({ certificates, root, ekus, fault }) => [
    ...[root, fault, ekus.join()],
    certificates.map(({ thumbprint }) => thumbprint).join(),
  ]),
];

/** Files of equal keys are answered alike: those of one release mostly are. */
const subjectKey = ({ kind, image, signatures, catalogs, diagnostics }: FileVerdict): string =>
  JSON.stringify([
    ...[kind, image?.machine, image?.runsIn, image?.pageAligned, image?.writableCode !== undefined],
    diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code),
    signatures.map(signatureKey),
    catalogs.map((one) => [one.version, one.osVersions.join(), one.signatures.map(signatureKey)]),
  ]);

/**
 * Answers of the trust policy for kernel images, by `policyKey`: for every state that the Windows of a guest can be in,
 * whichever the guest is in now, as scenarios turn the switches. Empty for what no kernel loads.
 */
export const imageLoads = (guests: readonly GuestSpec[]): ((verdict: FileVerdict) => Loads) => {
  const releases = WINDOWS_RELEASES.filter(({ name }) => guests.some(({ windows }) => windows.name === name));
  const kinds = new Set(guests.map(({ windows, arch }) => `${windows.name} ${arch}`));
  const known = new Map<string, Loads>();
  const answer = (verdict: FileVerdict): Loads => {
    const shared = new Map<string, Loads[string]>();
    const loads: Record<string, Loads[string]> = {};
    for (const row of policyRows(verdict, releases)) {
      if (!kinds.has(`${row.windows} ${row.arch}`)) continue;
      const record = shared.get(row.loads + row.reason) ?? { loads: row.loads, reason: row.reason };
      shared.set(row.loads + row.reason, record);
      loads[policyKey({ ...row, windows: { name: row.windows } })] = record;
    }
    return loads;
  };
  return (verdict) => {
    if (verdict.image?.runsIn !== 'kernel') return {};
    const key = subjectKey(verdict);
    const before = known.get(key) ?? answer(verdict);
    known.set(key, before);
    return before;
  };
};
