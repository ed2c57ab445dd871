import { X509Certificate } from 'node:crypto';
import { utf8 } from '../core/bytes.ts';
import { type CalendarDate, dateToEpochMs } from '../core/date.ts';
import { type Diagnostic, WinpvError } from '../core/errors.ts';
import { encodePem } from '../packaging/formats/x509/pem.ts';
import { openPemSigner } from '../packaging/signing/pem-key.ts';
import { openPfxSigner } from '../packaging/signing/pfx.ts';
import { readSecret, type SecretPorts } from '../packaging/signing/secret-source.ts';
import type { SignOptions } from '../packaging/signing/sign.ts';
import type { Signer } from '../packaging/signing/signer.ts';
import { testSigners } from '../packaging/signing/test-hierarchy.ts';
import { testTimestamper } from '../packaging/signing/timestamp.ts';
import { projectTestKeys, type TestKeyPorts } from './keys.ts';
import type { OutputFile } from './output.ts';
import type { Plan } from './plan.ts';
import type { Project, SigningSettings } from './project.ts';

export type SigningPorts = TestKeyPorts & SecretPorts;

/** A key that is ready, and what to ship so that machines trust it. */
export interface ReadySigning {
  readonly options: SignOptions;
  /** DER certificates that a verification of the release trusts. */
  readonly anchors: readonly Uint8Array[];
  /** Certificates to install on test machines; test signing only. Paths below OUT/<brand>. */
  readonly trust: readonly OutputFile[];
  readonly diagnostics: readonly Diagnostic[];
  /** The signer's certificate, for the record. */
  describe(): Promise<{ readonly subject: string; readonly thumbprint: string }>;
}

/** How a plan names the key. */
export const plannedSigning = ({ kind }: SigningSettings): Plan['signing'] => ({
  kind,
  timestamps: kind === 'test' ? 'test' : 'none',
});

const describe = (signer: Signer) => async () => {
  const [leaf] = await signer.certificates();
  if (leaf === undefined) throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${signer.label} has no certificate.`);
  const { subject, fingerprint } = new X509Certificate(leaf);
  return { subject: subject.replaceAll('\n', ', '), thumbprint: fingerprint.replaceAll(':', '').toLowerCase() };
};

const openSigner = async (settings: SigningSettings, ports: SigningPorts): Promise<Signer> => {
  const named = async (file: string) => ({ file, bytes: await ports.files.read(file, { maxBytes: 1024 * 1024 }) });
  if (settings.kind === 'pfx')
    return openPfxSigner(await named(settings.pfx), await readSecret(settings.passin, ports));
  if (settings.kind === 'pem') {
    const certificates = await Promise.all(settings.certificates.map(named));
    return openPemSigner({ key: await named(settings.key), certificates });
  }
  throw new TypeError('test keys are opened by their project');
};

/**
 * Opens the release's key; makes the project's test keys when there are none.
 * @throws WinpvError SIGN_*, KEYS_*, FILE_*
 */
export const readySigning = async (
  project: Project,
  date: CalendarDate,
  ports: SigningPorts,
): Promise<ReadySigning> => {
  const { signing, folder } = project;
  if (signing.kind !== 'test') {
    const signer = await openSigner(signing, ports);
    const chain = await signer.certificates();
    return { options: { signer }, anchors: chain.slice(-1), trust: [], diagnostics: [], describe: describe(signer) };
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
  const timestamper = testTimestamper({ tsa, genTimeMs: dateToEpochMs(date) });
  return {
    options: { signer, timestamper },
    anchors: [hierarchy.root.certificate],
    trust,
    diagnostics,
    describe: describe(signer),
  };
};
