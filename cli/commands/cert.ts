import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface CreateOptions {
  readonly out: string;
  readonly passout: string;
  readonly name: string;
}

const create = async ({ io }: Context, { out, passout, name }: CreateOptions): Promise<Outcome> => {
  const { readSecret } = await import('../../packaging/signing/secret-source.ts');
  const { createTestHierarchy } = await import('../../packaging/signing/test-hierarchy.ts');
  const { certificateFiles, keyContainers } = await import('../../packaging/signing/hierarchy-files.ts');
  const { fingerprint } = await import('../../packaging/signing/key.ts');
  if (!/^(env:|file:).+$/.test(passout)) {
    const hint = 'For example --passout env:TEST_PASSWORD.';
    throw new WinpvError('USAGE', 'The password of the keys comes from env:NAME or file:PATH.', { hint });
  }
  const password = await readSecret(passout, io);
  const hierarchy = await createTestHierarchy({ keyMaker: io.keyMaker, name });
  const files = [...certificateFiles(hierarchy), ...(await keyContainers(hierarchy, password, io.random))];
  for (const { name: file } of files) {
    const path = io.files.join(out, file);
    if ((await io.files.stat(path)) === undefined) continue;
    throw new WinpvError('OUTPUT_NOT_EMPTY', `${path} exists already. Nothing was written.`, { at: { file: path } });
  }
  for (const file of files) {
    await io.files.write(io.files.join(out, file.name), file.bytes, file.secret ? { mode: 0o600 } : {});
  }
  const certificates = (['root', 'signer', 'tsa'] as const).map((role) => ({
    role,
    sha256: fingerprint(hierarchy[role].certificate),
  }));
  const names = files.map((file) => file.name);
  return {
    result: { folder: out, files: names, certificates },
    text: [
      `${out}: ${names.join(', ')}`,
      ...certificates.map(({ role, sha256 }) => `  ${role.padEnd(6)} SHA-256 ${sha256}`),
      'For test machines only: whoever has these keys can sign for every machine that trusts the root.',
    ],
  };
};

export const certCommand = (bind: Bind): Command => {
  const command = new Command('cert').summary('make test certificates').description('Certificates for test signing.');
  command
    .command('create')
    .summary('make a test root, a signer and a time-stamp authority')
    .description('Writes root, signer and tsa as .pem and .cer, and their keys as .p12 (RSA 3072, SHA-256).')
    .requiredOption('--out <folder>', 'where to write')
    .requiredOption('--passout <source>', 'the password of the .p12 files: env:NAME or file:PATH')
    .option('--name <name>', 'who the certificates speak of', 'winpv')
    .addHelpText('after', examples('winpv cert create --out keys --passout env:TEST_PASSWORD'))
    .action(bind(create));
  return command;
};
