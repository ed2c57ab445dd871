import { X509Certificate } from 'node:crypto';
import { utf8 } from '../core/bytes.ts';
import { type CalendarDate, dateToEpochMs } from '../core/date.ts';
import { type Diagnostic, WinpvError } from '../core/errors.ts';
import type { Clock, Http, Random, Timer } from '../core/ports.ts';
import { encodePem, parseCertificates } from '../packaging/formats/x509/pem.ts';
import { openSigner, type SignerPorts } from '../packaging/signing/open-signer.ts';
import { checkPin } from '../packaging/signing/pin.ts';
import type { SignOptions } from '../packaging/signing/sign.ts';
import type { Signer } from '../packaging/signing/signer.ts';
import { testSigners } from '../packaging/signing/test-hierarchy.ts';
import { type Timestamper, testTimestamper } from '../packaging/signing/timestamp.ts';
import { type RemoteTimestamper, timestampServers } from '../packaging/signing/timestamp-servers.ts';
import { projectTestKeys, type TestKeyPorts } from './keys.ts';
import type { OutputFile } from './output.ts';
import type { Plan } from './plan.ts';
import type { Project, TimestampSettings } from './project.ts';

export interface TimestampingPorts {
  readonly http: () => Promise<Http>;
  readonly random: Random;
  readonly clock: Clock;
  readonly timer: Timer;
}

export type SigningPorts = TestKeyPorts & SignerPorts & TimestampingPorts;

/** A key that is ready, and what to ship so that machines trust it. */
export interface ReadySigning {
  /** Key and time stamps for a brand; the same object for the same servers, for signatures may be shared then. */
  optionsFor(brand: { readonly timestampServers: readonly string[] }): SignOptions;
  /** DER certificates that a verification of the release trusts; complete once everything is signed. */
  anchors(): readonly Uint8Array[];
  /** Certificates to install on test machines; test signing only. Paths below OUT/<brand>. */
  readonly trust: readonly OutputFile[];
  /** Complete once everything is signed. */
  diagnostics(): readonly Diagnostic[];
  /** The signer's certificate, for the record. */
  describe(): Promise<{ readonly subject: string; readonly thumbprint: string }>;
  /** Ends the session with a token; nothing can be signed afterwards. Never throws. */
  close(): void;
}

/** How a plan names the key. */
export const plannedSigning = ({ signing, timestamps }: Pick<Project, 'signing' | 'timestamps'>): Plan['signing'] => ({
  kind: signing.kind,
  timestamps: timestamps.kind === 'servers' ? 'rfc3161' : timestamps.kind,
});

const describe = (signer: Signer) => async () => {
  const [leaf] = await signer.certificates();
  if (leaf === undefined) throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${signer.label} has no certificate.`);
  const { subject, fingerprint } = new X509Certificate(leaf);
  return { subject: subject.replaceAll('\n', ', '), thumbprint: fingerprint.replaceAll(':', '').toLowerCase() };
};

/** The time stampers of a release: one for each list of servers. */
interface Timestamping {
  /** Without time stamps: undefined. */
  timestamperFor(servers: readonly string[]): Timestamper | undefined;
  anchors(): readonly Uint8Array[];
  diagnostics(): readonly Diagnostic[];
}

const MAX_AUTHORITY_BYTES = 1024 * 1024;

const remoteTimestamping = async (
  settings: Extract<TimestampSettings, { readonly kind: 'servers' }>,
  { files, http, random, clock, timer }: SigningPorts,
): Promise<Timestamping> => {
  const authorities: Uint8Array[] = [];
  for (const file of settings.authorities)
    authorities.push(...parseCertificates(await files.read(file, { maxBytes: MAX_AUTHORITY_BYTES }), file));
  const ports = { http: await http(), random, clock, timer };
  const made = new Map<string, RemoteTimestamper>();
  return {
    timestamperFor: (servers) => {
      const urls = [...new Set([...servers, ...settings.urls])];
      const timestamper = made.get(urls.join(' ')) ?? timestampServers({ urls, authorities }, ports);
      made.set(urls.join(' '), timestamper);
      return timestamper;
    },
    // A time stamp that nobody named an authority for is accepted with a warning, and must then verify all the same.
    anchors: () => [...authorities, ...[...made.values()].flatMap((timestamper) => timestamper.anchors())],
    diagnostics: () => [...made.values()].flatMap((timestamper) => timestamper.findings()),
  };
};

const readyTimestamping = async (
  settings: TimestampSettings,
  ports: SigningPorts,
  test: Timestamper | undefined,
): Promise<Timestamping> => {
  if (settings.kind === 'servers') return remoteTimestamping(settings, ports);
  const timestamper = settings.kind === 'test' ? test : undefined;
  return { timestamperFor: () => timestamper, anchors: () => [], diagnostics: () => [] };
};

const readyWith = (
  signer: Signer,
  stamping: Timestamping,
  rest: { readonly anchors: readonly Uint8Array[]; readonly diagnostics: readonly Diagnostic[] },
): Omit<ReadySigning, 'trust' | 'close'> => {
  const made = new Map<Timestamper | undefined, SignOptions>();
  return {
    optionsFor: ({ timestampServers: servers }) => {
      const timestamper = stamping.timestamperFor(servers);
      const options = made.get(timestamper) ?? { signer, timestamper };
      made.set(timestamper, options);
      return options;
    },
    anchors: () => [...rest.anchors, ...stamping.anchors()],
    diagnostics: () => [...rest.diagnostics, ...stamping.diagnostics()],
    describe: describe(signer),
  };
};

/**
 * Opens the release's key; makes the project's test keys when there are none.
 * @throws WinpvError SIGN_*, TS_SERVER_INVALID, KEYS_*, FILE_*
 */
export const readySigning = async (
  project: Project,
  date: CalendarDate,
  ports: SigningPorts,
): Promise<ReadySigning> => {
  const { signing, timestamps, folder } = project;
  if (signing.kind !== 'test') {
    const { signer, close } = await openSigner(signing, ports);
    try {
      await checkPin(signer, signing.certificate ?? {});
      const stamping = await readyTimestamping(timestamps, ports, undefined);
      const chain = await signer.certificates();
      return { ...readyWith(signer, stamping, { anchors: chain.slice(-1), diagnostics: [] }), trust: [], close };
    } catch (error) {
      close();
      throw error;
    }
  }
  const { hierarchy, diagnostics } = await projectTestKeys(ports, folder, 'winpv');
  const { signer, tsa } = testSigners(hierarchy);
  const trust = (['root', 'signer'] as const).flatMap((role) => {
    const { certificate } = hierarchy[role];
    return [
      { path: `trust/${role}.cer`, bytes: certificate },
      { path: `trust/${role}.pem`, bytes: utf8(encodePem('CERTIFICATE', certificate)) },
    ];
  });
  const test = testTimestamper({ tsa, genTimeMs: dateToEpochMs(date) });
  const stamping = await readyTimestamping(timestamps, ports, test);
  return {
    ...readyWith(signer, stamping, { anchors: [hierarchy.root.certificate], diagnostics }),
    trust,
    close: () => {},
  };
};
