import { createHash } from 'node:crypto';
import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import type { Secret } from '../secret.ts';
import type { Signer } from '../signer.ts';
import { chainOf } from './azure-chain.ts';
import { azureToken } from './azure-token.ts';
import type { CloudSource } from './open.ts';
import { askJson, type CloudPorts, fromBase64, shown } from './rest.ts';
import { cloudSigner, JWA } from './signature.ts';

const SIGNING_VERSION = '2023-06-15-preview';
const json = { 'content-type': 'application/json', accept: 'application/json' };

/**
 * Azure.CodeSigning 2023-06-15-preview (Azure/azure-rest-api-specs, specification/codesigning/data-plane): what submitting
 * and polling answer with. Its definitions have the signature in `result`, after submitting in `result.signResult`; its
 * examples have it in `signStatus`, 2022-06-15-preview in `result.signStatus`, and earlier ones beside the status.
 */
const codeSignResult = z.object({ signature: z.string().nullish(), signingCertificate: z.string().nullish() });
const signStatus = z.object({
  id: z.string().optional(),
  operationId: z.string().optional(),
  status: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
  ...codeSignResult.shape,
  signStatus: codeSignResult.nullish(),
  result: z
    .object({ ...codeSignResult.shape, signResult: codeSignResult.nullish(), signStatus: codeSignResult.nullish() })
    .nullish(),
});
type SignStatus = z.output<typeof signStatus>;

const POLL_MS = 1000;
const MAX_POLLS = 120;

interface Signed {
  readonly signature: Uint8Array;
  readonly certificates: readonly Uint8Array[];
}

/** What the service says of an operation that it gave up. */
const unsigned = ({ status, error }: SignStatus, label: string, secrets: readonly Secret[]): WinpvError => {
  const reason = error === undefined || error === null ? '' : ` (${error.code}: ${error.message})`;
  const late = /^timed ?out$/i.test(status);
  return new WinpvError(
    late ? 'SIGN_CLOUD_FAILED' : 'SIGN_CLOUD_REFUSED',
    `${label} did not sign: ${shown(`${status}${reason}`, secrets)}.`,
    { hint: late ? 'Nothing was signed. Start again later.' : 'Nothing was signed.' },
  );
};

const signedIn = (answer: SignStatus, label: string, secrets: readonly Secret[]): Signed => {
  const { status, result, signStatus: inner } = answer;
  if (status.toLowerCase() !== 'succeeded') throw unsigned(answer, label, secrets);
  const { signature, signingCertificate } = result?.signResult ?? result?.signStatus ?? result ?? inner ?? answer;
  if (typeof signature === 'string' && typeof signingCertificate === 'string')
    return { signature: fromBase64(signature, label), certificates: chainOf(signingCertificate, label) };
  throw new WinpvError('SIGN_CLOUD_ANSWER', `${label} says that it signed, and sends no signature.`, {
    hint: 'Nothing was signed.',
  });
};

/**
 * Azure Trusted Signing, now Artifact Signing; the key is `account/profile`. Its certificates live for days and come with
 * each signature, so one is made of nothing to learn the chain. A run keeps the certificate that it began with.
 */
export const azureTrustedSigning = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `Azure Trusted Signing, ${keyName}`;
  const [account = '', profile = '', extra] = keyName.split('/').map(encodeURIComponent);
  if (account === '' || profile === '' || extra !== undefined)
    throw new WinpvError('SIGN_CLOUD_KEY', 'The key of Azure Trusted Signing is named by its account and profile.', {
      hint: 'For example --key-name acme/drivers.',
    });
  const base = `${url}/codesigningaccounts/${account}/certificateprofiles/${profile}`;
  const query = `?api-version=${SIGNING_VERSION}`;
  const token = azureToken('https://codesigning.azure.net/.default', label, ports);
  const ask = async (path: string, body?: object): Promise<SignStatus> => {
    const secret = await token();
    const headers = { ...json, authorization: `Bearer ${secret.reveal()}` };
    const sent =
      body === undefined ? { method: 'GET' as const } : { method: 'POST' as const, body: JSON.stringify(body) };
    return askJson({ label, url: `${base}${path}${query}`, headers, secrets: [secret], ...sent }, signStatus, ports);
  };
  const signed = async (digest: Uint8Array, signatureAlgorithm: string): Promise<Signed> => {
    const first = await ask(':sign', { signatureAlgorithm, digest: Buffer.from(digest).toString('base64') });
    const id = first.id ?? first.operationId ?? '';
    let last = first;
    for (let polls = 0; /^(in ?progress|running|not ?started)$/i.test(last.status); polls += 1) {
      if (polls === MAX_POLLS) throw new WinpvError('SIGN_CLOUD_UNREACHABLE', `${label} does not finish signing.`);
      await ports.timer.wait(POLL_MS);
      if (id === '')
        throw new WinpvError('SIGN_CLOUD_ANSWER', `${label} says that it is signing, and not which operation that is.`);
      last = await ask(`/sign/${encodeURIComponent(id)}`);
    }
    return signedIn(last, label, [await token()]);
  };
  return cloudSigner({
    label,
    certificates: async () => {
      const probe = await signed(new Uint8Array(createHash('sha256').digest()), 'RS256');
      return [...probe.certificates, ...certificates];
    },
    algorithm: async (algorithm) => (algorithm.startsWith('rsa') ? JWA[algorithm] : undefined),
    sign: async (digest, name) => (await signed(digest, name)).signature,
  });
};
