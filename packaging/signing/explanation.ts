import { type PolicyAnswer, signatureAnswers } from './policy.ts';
import { type SignerClass, WINDOWS_RELEASES } from './policy-data.ts';
import {
  type PolicyAuthorities,
  type PolicySignature,
  type PolicySubject,
  subjectOf,
  WINDOWS_AUTHORITIES,
} from './policy-subject.ts';
import { revokedExplanation } from './revoked-explanation.ts';
import { commonName } from './shown-name.ts';
import { isTestSigner } from './test-names.ts';
import type { FileVerdict, SignatureReport } from './verdict.ts';

/** What surprises people in the verdict, on kernel code mostly (spec signing-formats 6.3, 6.4, 6.5.6). */
export type ExplanationId =
  /** A certificate was revoked, and the signature goes on counting. */
  | 'revoked-after-stamp'
  /** A certificate was revoked, and the time stamp does not help. */
  | 'revoked-before-stamp'
  /** A certificate was revoked, and no time stamp shows that the signature is older. */
  | 'revoked-not-stamped'
  /** Several signatures, of which not all count everywhere. */
  | 'several-signatures'
  /** For test machines. */
  | 'test-signed'
  /** Good for nothing any more, as its certificate has ended. */
  | 'expired'
  /** Good for programs, and nothing to the kernel. */
  | 'not-for-the-kernel'
  /** By the way that has ended, and which still counts. */
  | 'cross-signed'
  /** By the way that has ended, and nothing shows that it was in time. */
  | 'cross-signed-too-late'
  /** By Microsoft, without tests. */
  | 'attested';

export interface Explanation {
  readonly id: ExplanationId;
  /** One sentence. */
  readonly why: string;
  /** One sentence. */
  readonly todo: string;
}

/** A signature with all ways up from it, and what each Windows makes of the best of them. */
interface Weighed {
  readonly signature: PolicySignature;
  readonly report: SignatureReport;
  readonly signers: readonly SignerClass[];
  /** By the names of systems, plain machines of the file's processor. */
  readonly loads: ReadonlyMap<string, PolicyAnswer['loads']>;
}

/**
 * Why the kernel makes of a file what it does, where that surprises people; undefined where nothing does. A file has one
 * explanation at most: of several that might be given, the first counts.
 */
export const explain = (
  file: FileVerdict,
  authorities: PolicyAuthorities = WINDOWS_AUTHORITIES,
): Explanation | undefined => {
  const revoked = revokedExplanation(file);
  if (revoked !== undefined) return revoked;
  const subject = subjectOf(file, authorities);
  if (subject === undefined || subject.broken || (subject.kind !== 'kernel' && subject.kind !== 'catalog'))
    return undefined;
  const weighed = weigh(subject);
  const several = severalSignatures(weighed);
  if (several !== undefined) return several;
  const [first] = weighed;
  return first === undefined ? undefined : ofOne(first, file, authorities);
};

/** What a machine is when nothing special is said of it. */
const PLAIN = { secureBoot: false, testSigning: false, hvci: false, upgraded: false };

const weigh = (subject: PolicySubject): readonly Weighed[] => {
  const arch = subject.machine === 'arm64' ? 'arm64' : 'x64';
  const systems = WINDOWS_RELEASES.filter(({ archs }) => archs.includes(arch));
  // A 32-bit kernel asks for nothing without Secure Boot, which would hide what a signature is worth.
  const judged = subject.machine === 'x86' ? { ...subject, machine: arch } : subject;
  const answers = systems.map((windows) => ({
    windows,
    each: signatureAnswers(judged, windows, { windows: windows.name, arch, ...PLAIN }),
  }));
  const found: Weighed[] = [];
  for (const report of new Set(subject.signatures.flatMap((one) => one.report ?? []))) {
    const own = subject.signatures.flatMap((one, index) => (one.report === report ? [{ one, index }] : []));
    const [first] = own;
    if (first === undefined) continue;
    const loads = answers.map(({ windows, each }) => {
      const all = own.map(({ index }) => each[index]?.loads ?? 'no');
      return [windows.name, all.find((one) => one === 'yes') ?? all.find((one) => one === 'depends') ?? 'no'] as const;
    });
    found.push({ signature: first.one, report, signers: own.map(({ one }) => one.signer), loads: new Map(loads) });
  }
  return found;
};

const PLACES = { primary: 'the first', further: 'one beside it', nested: 'the nested one' } as const;

/** How a signature is told from the others of its file. */
const nameOf = ({ report, signature }: Weighed): string => {
  const place = signature.catalog === undefined ? PLACES[report.place] : `that of ${signature.catalog}`;
  const algorithm = report.digestAlgorithm?.replace(/^sha(\d)/, 'SHA-$1');
  return `${place} (${[algorithm, commonName(report.subject)].filter((part) => part !== undefined).join(', ')})`;
};

/** Where a signature lets a file load, or may: `7-sp1-sha2 to 10-1511`. */
const whereOf = ({ loads }: Weighed): string => {
  const client = (name: string): boolean => !name.startsWith('server-');
  const names = [...loads].flatMap(([name, answer]) => (answer === 'no' ? [] : [name]));
  const clients = names.filter(client);
  const [first] = clients;
  const last = clients.at(-1);
  if (names.length === 0) return 'on none';
  if (first === undefined || last === undefined) return 'on servers only';
  const span = first === last ? `on ${first}` : `on ${first} to ${last}`;
  return names.some((name) => !client(name)) ? `${span} and servers` : span;
};

const severalSignatures = (all: readonly Weighed[]): Explanation | undefined => {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return undefined;
  const differ = [...first.loads].some(([name, answer]) => others.some(({ loads }) => loads.get(name) !== answer));
  if (!differ) return undefined;
  const each = all.map((one) => `${nameOf(one)} counts ${whereOf(one)}`);
  return {
    id: 'several-signatures',
    why: `Windows takes the best of its ${all.length} signatures: ${each.join(', ')}.`,
    todo: 'See with --policy that every Windows you ship for has one that counts; the others do no harm.',
  };
};

/** The signer is one of those that test machines only have. */
const isForTests = (file: FileVerdict, { report }: Weighed): boolean => {
  const { subject, issuer, ekus, notBefore, notAfter } = report;
  const names = { subjectText: subject, issuerText: issuer };
  const period = { notBeforeMs: Date.parse(notBefore ?? ''), notAfterMs: Date.parse(notAfter ?? '') };
  return (
    isTestSigner({ ...names, ...period }) ||
    /\bWDKTestCert\b/i.test(subject) ||
    subject === issuer ||
    ekus.length === 0 ||
    file.diagnostics.some(({ code }) => code === 'VERIFY_KEY_PUBLIC')
  );
};

const ofOne = (one: Weighed, file: FileVerdict, authorities: PolicyAuthorities): Explanation | undefined => {
  const { signers, report } = one;
  const signer = commonName(report.subject);
  if (signers.includes('attested')) return ATTESTED;
  if (signers.includes('cross-signed')) return crossSigned(report);
  if (signers.includes('faulty')) return isCrossed(report, authorities) ? tooLate(report) : undefined;
  if (!signers.includes('private') || report.verdict === 'invalid') return undefined;
  if (isForTests(file, one)) {
    return {
      id: 'test-signed',
      why: `It is signed by ${signer} for test machines: 64-bit kernels load it only with TESTSIGNING on, which needs Secure Boot off.`,
      todo: 'Use it on test machines that trust its root; for others have Microsoft sign it (winpv submit).',
    };
  }
  if (report.reason === 'VERIFY_CHAIN_EXPIRED') return expired(report);
  return {
    id: 'not-for-the-kernel',
    why: `The signature of ${signer} may do for programs, and no 64-bit kernel loads a driver for it: its chain leads to ${rootOf(report)}, which kernels do not ask.`,
    todo: 'Sign the submission cabinet with this key, and have Microsoft sign the drivers (winpv submit).',
  };
};

const expired = ({ timestamp, notAfter, subject }: SignatureReport): Explanation => ({
  id: 'expired',
  why:
    timestamp?.time === undefined
      ? `No time stamp shows that the signature of ${commonName(subject)} is from when every certificate of its chain was valid (its own until ${dayOf(notAfter)}), so it counts for nothing now.`
      : `The time stamp of ${dayOf(timestamp.time)} is not from a time at which every certificate of its chain was valid, so the signature of ${commonName(subject)} counts for nothing.`,
  todo: 'Sign the file anew with a certificate that is valid, and with a time stamp; drivers for 64-bit kernels then need Microsoft as well (winpv submit).',
});

/** Where a chain ends, as far as it can be followed. */
const rootOf = ({ root, chain, issuer }: SignatureReport): string =>
  commonName(root?.subject ?? chain.at(-1) ?? issuer);

const ATTESTED: Explanation = {
  id: 'attested',
  why: 'Microsoft signed it after attestation: Windows 10 and later load it, earlier ones and every Windows Server do not, and Windows Update offers it to nobody at large.',
  todo: 'For servers, earlier Windows and Windows Update run the HLK, and submit its package.',
};

const dayOf = (time: string | undefined): string => time?.slice(0, 10) ?? 'an unknown day';

const crossSigned = ({ timestamp, notAfter }: SignatureReport): Explanation => ({
  id: 'cross-signed',
  why:
    timestamp?.time === undefined
      ? `It is cross-signed by a certificate that ends on ${dayOf(notAfter)}, and without a time stamp the signature ends with it.`
      : `It is cross-signed, and still counts where it did, as its time stamp of ${dayOf(timestamp.time)} is from before its certificate ended on ${dayOf(notAfter)}.`,
  todo: 'Keep the file as it is for Windows before 10 version 1607; nothing new can be signed so, and newer systems want Microsoft.',
});

/** Its way leads to the root of cross-signing. */
const isCrossed = ({ authorityPaths }: SignatureReport, { crossSigning }: PolicyAuthorities): boolean =>
  authorityPaths.some(({ root }) => root !== undefined && crossSigning.includes(root));

const tooLate = ({ timestamp, notAfter }: SignatureReport): Explanation => ({
  id: 'cross-signed-too-late',
  why:
    timestamp?.time === undefined
      ? `It was cross-signed, and no longer counts: its certificate ended on ${dayOf(notAfter)}, and no time stamp shows that the signature is older.`
      : `It is cross-signed, and never counted: its time stamp of ${dayOf(timestamp.time)} is not from a time at which every certificate of its chain was valid.`,
  todo: 'Have it signed by Microsoft (winpv submit): the certificates of cross-signing have all ended.',
});
