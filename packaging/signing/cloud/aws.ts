import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import type { SignatureAlgorithm, Signer } from '../signer.ts';
import { awsCredentials } from './aws-credentials.ts';
import { signAwsRequest } from './aws-signature.ts';
import type { CloudSource } from './open.ts';
import { askJson, type CloudPorts, fromBase64 } from './rest.ts';
import { cloudSigner } from './signature.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
const signAnswer = z.object({ Signature: z.string().min(1), SigningAlgorithm: z.string().optional() });

const ALGORITHMS: Partial<Readonly<Record<SignatureAlgorithm, string>>> = {
  'rsa-sha256': 'RSASSA_PKCS1_V1_5_SHA_256',
  'rsa-sha384': 'RSASSA_PKCS1_V1_5_SHA_384',
  'rsa-sha512': 'RSASSA_PKCS1_V1_5_SHA_512',
  'ecdsa-sha256': 'ECDSA_SHA_256',
  'ecdsa-sha384': 'ECDSA_SHA_384',
};

const regionOf = (url: string, env: CloudPorts['env']): string => {
  const named = /^kms(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
  const region = named ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (region !== undefined && /^[a-z0-9-]+$/.test(region)) return region;
  throw new WinpvError('SIGN_CLOUD_KEY', 'Nothing says which region of AWS the key is in.', {
    hint: 'Use --cloud-url https://kms.REGION.amazonaws.com, or set AWS_REGION.',
  });
};

/** A key of AWS KMS by its id, ARN or alias (`alias/name`). KMS has no certificates: they are given. */
export const awsKms = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `AWS KMS, key ${keyName}`;
  const region = regionOf(url, ports.env);
  const credentials = awsCredentials(region, ports);
  return cloudSigner({
    label,
    certificates: async () => certificates,
    algorithm: async (algorithm) => ALGORITHMS[algorithm],
    sign: async (digest, name) => {
      const who = await credentials();
      const message = Buffer.from(digest).toString('base64');
      const body = JSON.stringify({ KeyId: keyName, Message: message, MessageType: 'DIGEST', SigningAlgorithm: name });
      const request = {
        ...{ method: 'POST', url: `${url}/`, body, region, service: 'kms', nowMs: ports.clock.now() },
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Sign' },
      } as const;
      const secrets = [who.secretAccessKey, ...(who.sessionToken === undefined ? [] : [who.sessionToken])];
      const headers = signAwsRequest(request, who);
      const answer = await askJson(
        { label, method: 'POST', url: request.url, headers, body, secrets },
        signAnswer,
        ports,
      );
      return fromBase64(answer.Signature, label);
    },
  });
};
