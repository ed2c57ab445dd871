import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import { shownLine, shownText } from '../../core/spelling.ts';
import type { Secret } from '../../packaging/signing/secret.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface CreateOptions {
  readonly out: string;
  readonly passout: string;
  readonly name: string;
}

/** What a common name may have at most (X.520 ub-common-name). */
const MAX_NAME = 64;

const usage = (message: string, hint: string): WinpvError => new WinpvError('USAGE', message, { hint });

/** @throws WinpvError USAGE for a name that certificates cannot or should not carry */
const checkName = (name: string): void => {
  const hint = 'For example --name "Acme driver tests".';
  if (name.trim() === '') throw usage('The name of the certificates is empty.', hint);
  if (name !== name.trim()) throw usage('The name of the certificates begins or ends with a blank.', hint);
  if (shownLine(name) !== name || /\p{Cf}/u.test(name))
    throw usage(`The name "${shownText(name)}" has a character that is not shown.`, hint);
  const { length } = [...name];
  if (length <= MAX_NAME) return;
  throw usage(`The name has ${length} characters; a common name of X.509 has at most ${MAX_NAME}.`, hint);
};

/** The password of the containers. @throws WinpvError USAGE, SIGN_PASSWORD_SOURCE, FILE_* */
const readPassword = async (io: Io, source: string): Promise<Secret> => {
  const { readSecret } = await import('../../packaging/signing/secret-source.ts');
  if (!/^(env:|file:).+$/.test(source)) {
    throw usage(
      'The password of the keys comes from env:NAME or file:PATH.',
      'For example --passout env:TEST_PASSWORD.',
    );
  }
  const password = await readSecret(source, io);
  if (password.reveal() !== '') return password;
  throw new WinpvError('SIGN_PASSWORD_SOURCE', `The password from ${source} is empty.`, {
    hint: 'Keys without a password are for whoever finds them. Choose one.',
  });
};

/** @throws WinpvError OUTPUT_NOT_EMPTY when one of the files, or anything but a folder, stands there already */
const checkFolder = async (io: Io, out: string, names: readonly string[]): Promise<void> => {
  const folder = await io.files.stat(out);
  const taken = (path: string, what: string): WinpvError =>
    new WinpvError('OUTPUT_NOT_EMPTY', `${path} ${what}. Nothing was written.`, { at: { file: path } });
  if (folder === undefined) return;
  if (folder.kind !== 'folder') throw taken(out, 'is not a folder');
  const there = new Set((await io.files.list(out)).map(({ name }) => name.toLowerCase()));
  const twice = names.find((name) => there.has(name.toLowerCase()));
  if (twice !== undefined) throw taken(io.files.join(out, twice), 'exists already');
};

const create = async ({ io }: Context, { out, passout, name }: CreateOptions): Promise<Outcome> => {
  const { CERTIFICATE_FILE_NAMES, certificateFiles, KEY_CONTAINER_NAMES, keyContainers } = await import(
    '../../packaging/signing/hierarchy-files.ts'
  );
  // Everything that can be refused is refused before keys are made, which takes seconds.
  checkName(name);
  const password = await readPassword(io, passout);
  await checkFolder(io, out, [...CERTIFICATE_FILE_NAMES, ...KEY_CONTAINER_NAMES]);
  const { createTestHierarchy } = await import('../../packaging/signing/test-hierarchy.ts');
  const { fingerprint } = await import('../../packaging/signing/key.ts');
  const hierarchy = await createTestHierarchy({ keyMaker: io.keyMaker, name });
  const files = [...certificateFiles(hierarchy), ...(await keyContainers(hierarchy, password, io.random))];
  const kept = files.map((file) => io.files.unfinished(io.files.join(out, file.name)));
  for (const file of files) {
    await io.files.write(io.files.join(out, file.name), file.bytes, file.secret ? { mode: 0o600 } : {});
  }
  for (const keep of kept) keep();
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
  const command = new Command('cert').description('Certificates for test signing.');
  command
    .command('create')
    .summary('make a test root, a signer and a time-stamp authority')
    .description('Writes root, signer and tsa as .pem and .cer, and their keys as .p12 (RSA 3072, SHA-256).')
    .requiredOption('--out <folder>', 'where to write')
    .requiredOption('--passout <source>', 'the password of the .p12 files: env:NAME or file:PATH')
    .option('--name <name>', 'who the certificates speak of, 1 to 64 characters; cut where the role is added', 'winpv')
    .addHelpText('after', examples('winpv cert create --out keys --passout env:TEST_PASSWORD'))
    .action(bind(create));
  return command;
};
