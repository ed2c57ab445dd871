import { toHex } from '../../core/bytes.ts';
import { encodeStandIn } from '../../packaging/formats/pe/stand-in.ts';
import { DriverSubtype, FileOs, FileType } from '../../packaging/formats/pe/version-resource.ts';
import { parseCertificates } from '../../packaging/formats/x509/pem.ts';
import { rotates } from '../../packaging/signing/cloud/service.ts';
import { parseCommandLine } from '../../packaging/signing/command-line.ts';
import { createFileCommand, signFile } from '../../packaging/signing/file-signer.ts';
import {
  type CertificatesRequest,
  type Check,
  checkCertificates,
  failed,
  passed,
  signNonce,
  skipped,
} from '../../packaging/signing/health.ts';
import { openSigner } from '../../packaging/signing/open-signer.ts';
import { checkPin } from '../../packaging/signing/pin.ts';
import { environmentSecrets } from '../../packaging/signing/secret.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import { testSigners } from '../../packaging/signing/test-hierarchy.ts';
import { existingTestKeys } from '../making/keys.ts';
import type { SigningPorts } from '../making/signing.ts';
import type { Project } from '../project/project.ts';
import type { SigningSettings } from '../project/signing.ts';

const NONCE_BYTES = 32;
const MAX_CERTIFICATE_BYTES = 1024 * 1024;
const STAND_IN = 'winpv-doctor.sys';

/**
 * Whether the key of a project signs, and whether its certificates are fit for releases. The key signs one nonce; nothing is
 * written but the copy that a tool which takes files is given.
 */
export const checkProjectKey = async (project: Project, ports: SigningPorts): Promise<readonly Check[]> => {
  const { signing, folder } = project;
  try {
    if (signing.kind === 'test') return await checkTestKeys(folder, ports);
    if (signing.kind === 'file-command') return await checkTool(project, signing, ports);
    const { signer, close } = await openSigner(signing, ports);
    try {
      const given = await readCertificates(signing.certificates, ports);
      const rotating = signing.kind === 'cloud' && rotates(signing.service);
      return await checkSigner(signer, signing, { given, rotates: rotating }, ports);
    } finally {
      close();
    }
  } catch (error) {
    return failed('signature', error);
  }
};

const readCertificates = async (paths: readonly string[], { files }: SigningPorts): Promise<readonly Uint8Array[]> => {
  const read = await Promise.all(
    paths.map(async (file) => parseCertificates(await files.read(file, { maxBytes: MAX_CERTIFICATE_BYTES }), file)),
  );
  return read.flat();
};

const checkTestKeys = async (folder: string, ports: SigningPorts): Promise<readonly Check[]> => {
  const hierarchy = await existingTestKeys(ports.files, folder);
  if (hierarchy === undefined) return [skipped('signature', 'test keys: the first release makes them')];
  const { signer } = testSigners(hierarchy);
  const note = passed('purpose', 'these are test keys: only machines that trust their root load what they signed');
  const signing = { kind: 'test', purpose: 'test' } as const;
  return [note, ...(await checkSigner(signer, signing, { given: [], rotates: false }, ports))];
};

/** The certificates tell their faults also when the key does not sign. */
const checkSigner = async (
  signer: Signer,
  signing: Exclude<SigningSettings, { readonly kind: 'file-command' }>,
  about: Pick<CertificatesRequest, 'given' | 'rotates'>,
  { clock, random }: SigningPorts,
): Promise<readonly Check[]> => {
  const chain = await signer.certificates();
  const pin = 'certificate' in signing ? signing.certificate : undefined;
  const pinned = await checkPin(signer, pin ?? {}).then(
    () => [],
    (error: unknown) => failed('pin', error),
  );
  const signed = await signNonce(signer, random.bytes(NONCE_BYTES)).then(
    (check) => [check],
    (error: unknown) => failed('signature', error),
  );
  const request = { ...about, chain, nowMs: clock.now(), purpose: signing.purpose };
  return [...signed, ...pinned, ...checkCertificates(request)];
};

/** An image that does nothing, with the nonce in it. */
const imageWith = (nonce: Uint8Array): Uint8Array =>
  encodeStandIn({
    name: STAND_IN,
    machine: 'x64',
    kind: 'driver',
    imports: [],
    exports: [],
    strings: [toHex(nonce)],
    timeDateStamp: 0,
    version: {
      fixed: {
        ...{ fileVersion: [0, 0, 0, 1], productVersion: [0, 0, 0, 1] },
        ...{ fileType: FileType.driver, fileSubtype: DriverSubtype.system, fileFlags: 0, fileOs: FileOs.windowsNt },
      },
      strings: [],
    },
  });

/** A tool that takes files is given an image that does nothing. Its time stamp is asked for as in a release. */
const checkTool = async (
  { timestamps }: Project,
  { command, folder, certificate: pin, purpose }: Extract<SigningSettings, { readonly kind: 'file-command' }>,
  { files, exec, random, clock, env }: SigningPorts,
): Promise<readonly Check[]> => {
  const nonce = random.bytes(NONCE_BYTES);
  const place = await files.realPath(folder);
  const signer = createFileCommand({
    ...{ exec: await exec(), files, command: parseCommandLine(command), where: folder },
    scratch: () => files.join(place, '.winpv', `doctor-${toHex(random.bytes(8))}`),
    secrets: environmentSecrets(env),
  });
  const atMs = clock.now();
  const rules = {
    trust: [],
    atMs,
    pin,
    purpose,
    timestamps: timestamps.kind === 'tool' ? 'required' : 'optional',
  } as const;
  const signed = await signFile(signer, { path: STAND_IN, name: STAND_IN, bytes: imageWith(nonce) }, rules);
  const chain = signed.certificates;
  return [
    passed('signature', `${signer.label} signed an image with a nonce in it, and the signature holds`),
    ...checkCertificates({ chain, given: [], nowMs: atMs, purpose, rotates: false }),
  ];
};
