import { X509Certificate } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { type CalendarDate, dateToEpochMs } from '../../core/date.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Clock, Files, Http, Random, Timer } from '../../core/ports.ts';
import { encodePem, parseCertificates } from '../../packaging/formats/x509/pem.ts';
import { parseCommandLine } from '../../packaging/signing/command-line.ts';
import { createFileCommand, type SignedByTool } from '../../packaging/signing/file-signer.ts';
import { checkFitness, type SignedKind } from '../../packaging/signing/fitness.ts';
import { openSigner, type SignerPorts } from '../../packaging/signing/open-signer.ts';
import { checkPin } from '../../packaging/signing/pin.ts';
import { environmentSecrets } from '../../packaging/signing/secret.ts';
import { type SignFile, signByTool, signWith } from '../../packaging/signing/sign-file.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import { testSigners } from '../../packaging/signing/test-hierarchy.ts';
import { type Timestamper, testTimestamper } from '../../packaging/signing/timestamp.ts';
import { type RemoteTimestamper, timestampServers } from '../../packaging/signing/timestamp-servers.ts';
import type { OutputFile } from '../output.ts';
import type { Plan } from '../plan.ts';
import type { Project, TimestampSettings } from '../project/project.ts';
import type { SigningSettings } from '../project/signing.ts';
import { projectTestKeys, type TestKeyPorts } from './keys.ts';
import type { StatementSigner } from './statements.ts';

export interface TimestampingPorts {
  readonly http: () => Promise<Http>;
  readonly random: Random;
  readonly clock: Clock;
  readonly timer: Timer;
}

export type SigningPorts = TestKeyPorts & SignerPorts & TimestampingPorts;

/** A key that is ready, and what to ship so that machines trust it. */
export interface ReadySigning {
  /** How files of a brand are signed; the same function for the same servers, for signatures may be shared then. */
  signFor(brand: { readonly timestampServers: readonly string[] }): SignFile;
  /** The key for statements about the release, stamped as files of such a brand are; undefined when it signs files only. */
  statementSigner(brand: { readonly timestampServers: readonly string[] }): StatementSigner | undefined;
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

const describe = (leaf: Uint8Array | undefined, label: string) => {
  if (leaf === undefined) throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${label} has no certificate.`);
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

const readAuthorities = async (files: Files, paths: readonly string[]): Promise<readonly Uint8Array[]> => {
  const read = await Promise.all(
    paths.map(async (file) => parseCertificates(await files.read(file, { maxBytes: MAX_AUTHORITY_BYTES }), file)),
  );
  return read.flat();
};

const remoteTimestamping = async (
  settings: Extract<TimestampSettings, { readonly kind: 'servers' }>,
  { files, http, random, clock, timer }: SigningPorts,
): Promise<Timestamping> => {
  const authorities = await readAuthorities(files, settings.authorities);
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
  rest: {
    readonly anchors: readonly Uint8Array[];
    readonly diagnostics: readonly Diagnostic[];
    readonly existing: SigningSettings['existing'];
  },
): Omit<ReadySigning, 'trust' | 'close'> => {
  const made = new Map<Timestamper | undefined, SignFile>();
  return {
    signFor: ({ timestampServers: servers }) => {
      const timestamper = stamping.timestamperFor(servers);
      const sign = made.get(timestamper) ?? signWith({ signer, timestamper, existing: rest.existing });
      made.set(timestamper, sign);
      return sign;
    },
    statementSigner: ({ timestampServers: servers }) => ({ signer, timestamper: stamping.timestamperFor(servers) }),
    anchors: () => [...rest.anchors, ...stamping.anchors()],
    diagnostics: () => [...rest.diagnostics, ...stamping.diagnostics()],
    describe: async () => describe((await signer.certificates())[0], signer.label),
  };
};

/** What every release has: images, catalogs and cabinets. */
const KINDS: ReadonlySet<SignedKind> = new Set(['pe', 'cat', 'cab']);

/** @param authorities those that the project names; undefined when it wants no time stamps */
const toolFindings = (
  made: readonly SignedByTool[],
  authorities: readonly Uint8Array[] | undefined,
): readonly Diagnostic[] => {
  const found = new Map(made.flatMap(({ diagnostics }) => diagnostics).map((one) => [one.message, one]));
  const unchecked = problem('TS_AUTHORITY_UNCHECKED', 'Nobody said which authority the time stamps have to be from.', {
    severity: 'warning',
    hint: 'Name the certificate of the authority with --timestamp-ca.',
  });
  return [...found.values(), ...(authorities?.length === 0 && made.length > 0 ? [unchecked] : [])];
};

/**
 * A tool that takes files. Who signed is known when it has signed: what is trusted are then the ends of the chains that
 * came along, each of which was held to the pin and to the rules of fitness.
 */
const readyTool = async (
  project: Project,
  signing: Extract<SigningSettings, { readonly kind: 'file-command' }>,
  ports: SigningPorts,
  out: string,
): Promise<ReadySigning> => {
  const { files, random, clock, env } = ports;
  const { timestamps } = project;
  const named = timestamps.kind === 'tool' ? await readAuthorities(files, timestamps.authorities) : [];
  // The tool is started in the project's folder, so it needs the whole path.
  const place = await files.realPath(out);
  const scratch = (): string =>
    files.join(files.dirname(place), `.${files.basename(place)}.winpv-sign-${toHex(random.bytes(8))}`);
  const command = parseCommandLine(signing.command);
  const secrets = environmentSecrets(env);
  const signer = createFileCommand({
    exec: await ports.exec(),
    files,
    command,
    where: signing.folder,
    scratch,
    secrets,
  });
  const made: SignedByTool[] = [];
  const stamped = timestamps.kind === 'tool';
  const sign = signByTool({
    ...{ signer, clock, existing: signing.existing ?? 'refuse', made: (one) => made.push(one) },
    rules: {
      trust: [],
      pin: signing.certificate,
      purpose: signing.purpose,
      timestamps: stamped ? 'required' : 'optional',
    },
  });
  return {
    signFor: () => sign,
    statementSigner: () => undefined,
    anchors: () => [
      ...made.flatMap(({ certificates }) => certificates.slice(-1)),
      ...(named.length > 0 ? named : made.flatMap(({ authorities }) => authorities)),
    ],
    diagnostics: () => toolFindings(made, stamped ? named : undefined),
    trust: [],
    describe: async () => describe(made[0]?.certificates[0], signer.label),
    close: () => {},
  };
};

/**
 * Opens the release's key; makes the project's test keys when there are none.
 * @param out where the release goes; a tool that takes files gets its copies beside it
 * @throws WinpvError SIGN_*, TS_SERVER_INVALID, KEYS_*, FILE_*
 */
export const readySigning = async (
  project: Project,
  date: CalendarDate,
  ports: SigningPorts,
  out: string,
): Promise<ReadySigning> => {
  const { signing, timestamps, folder } = project;
  const { existing, purpose } = signing;
  const nowMs = ports.clock.now();
  if (signing.kind === 'file-command') return readyTool(project, signing, ports, out);
  if (signing.kind !== 'test') {
    const { signer, close } = await openSigner(signing, ports);
    try {
      await checkPin(signer, signing.certificate ?? {});
      const stamping = await readyTimestamping(timestamps, ports, undefined);
      const chain = await signer.certificates();
      const diagnostics = stopOnErrors(checkFitness({ certificates: chain, kinds: KINDS, nowMs, purpose }));
      const rest = { anchors: chain.slice(-1), diagnostics, existing };
      return { ...readyWith(signer, stamping, rest), trust: [], close };
    } catch (error) {
      close();
      throw error;
    }
  }
  const { hierarchy, diagnostics } = await projectTestKeys(ports, folder, 'winpv');
  const { signer, tsa } = testSigners(hierarchy);
  stopOnErrors(checkFitness({ certificates: await signer.certificates(), kinds: KINDS, nowMs, purpose }));
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
    ...readyWith(signer, stamping, { anchors: [hierarchy.root.certificate], diagnostics, existing }),
    trust,
    close: () => {},
  };
};
