import { Command } from 'commander';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { SignedKind } from '../../packaging/signing/fitness.ts';
import { type NamedFile, outputPaths } from '../inputs/named-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

/** `strip`, `extract` and `attach`: for any signed file under `signature`, for images alone under `pe`. */

interface Scope {
  readonly command: 'pe' | 'signature';
  readonly kinds: readonly SignedKind[];
  /** What an argument is, for people. */
  readonly what: string;
  /** A file name for examples. */
  readonly sample: string;
}

const IMAGES: Scope = { command: 'pe', kinds: ['pe'], what: 'a PE image', sample: 'xenvbd.sys' };
const ANY: Scope = {
  command: 'signature',
  kinds: ['pe', 'cab', 'cat'],
  what: 'a PE image, a cabinet or a catalog',
  sample: 'acme-x64-submission.cab',
};

/** @throws WinpvError SIGN_FORMAT_UNKNOWN, FILE_* */
const readFile = async (io: Io, path: string, { kinds, what }: Scope): Promise<NamedFile & { kind: SignedKind }> => {
  const { signableKind } = await import('../../packaging/signing/read-signatures.ts');
  const bytes = await io.files.read(path);
  const kind = signableKind(bytes, path);
  if (kinds.includes(kind)) return { name: io.files.basename(path), path, bytes, kind };
  throw new WinpvError('SIGN_FORMAT_UNKNOWN', `${path} is not ${what}.`, {
    at: { file: path },
    hint: '`winpv signature` has the same commands for cabinets and catalogs.',
  });
};

interface StripOptions {
  readonly out?: string;
}

const strip =
  (scope: Scope) =>
  async ({ io }: Context, paths: readonly string[], { out }: StripOptions): Promise<Outcome> => {
    const { stripSignature } = await import('../../packaging/signing/embedded-signature.ts');
    const files: (NamedFile & { kind: SignedKind; stripped: Uint8Array })[] = [];
    for (const path of paths) {
      const file = await readFile(io, path, scope);
      files.push({ ...file, stripped: stripSignature(file.bytes, path) });
    }
    const targets = outputPaths(io, files, paths, out);
    const done = files.map(({ path, kind, bytes, stripped }, i) => {
      return { path, out: targets[i] ?? path, kind, removed: stripped !== bytes };
    });
    for (const [i, { path, out: target, removed }] of done.entries()) {
      if (removed || target !== path) await io.files.write(target, files[i]?.stripped ?? new Uint8Array(0));
    }
    return {
      result: { files: done },
      text: done.map(({ out: target, removed }) => `${target}: ${removed ? 'signature removed' : 'was not signed'}`),
    };
  };

interface ExtractOptions {
  readonly out?: string;
  readonly pem?: true;
  readonly entry?: number;
}

const entryNumber = (text: string): number => {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new WinpvError('USAGE', '--entry takes a number.', { hint: 'The first entry is 1.' });
};

const extract =
  (scope: Scope) =>
  async ({ io }: Context, path: string, { out, pem, entry = 1 }: ExtractOptions): Promise<Outcome> => {
    const { embeddedSignatures } = await import('../../packaging/signing/read-signatures.ts');
    const { bytes } = await readFile(io, path, scope);
    const found = embeddedSignatures(bytes, path);
    const signature = found[entry - 1];
    if (signature === undefined) {
      const why = found.length === 0 ? 'is not signed' : `has ${found.length} signatures, and no entry ${entry}`;
      throw new WinpvError('SIGN_NOT_SIGNED', `${path} ${why}.`, { at: { file: path }, hint: 'Nothing was written.' });
    }
    const { encodePem } = await import('../../packaging/formats/x509/pem.ts');
    const target = out ?? `${path}.p7b`;
    await io.files.write(target, pem === true ? utf8(encodePem('PKCS7', signature.bytes)) : signature.bytes);
    const result = { path, out: target, entry, entries: found.length, size: signature.bytes.length };
    return { result, text: [`${target}: signature ${entry} of ${found.length} of ${path}`] };
  };

interface AttachOptions {
  readonly append?: true;
  readonly replace?: true;
  readonly out?: string;
}

const attach =
  (scope: Scope) =>
  async ({ io }: Context, path: string, signatureFile: string, options: AttachOptions): Promise<Outcome> => {
    const { attachSignature, parseDetachedSignature } = await import('../../packaging/signing/embedded-signature.ts');
    const { append, replace, out = path } = options;
    if (append === true && replace === true)
      throw new WinpvError('USAGE', '--append and --replace exclude each other.', { hint: 'Choose one.' });
    const { bytes, kind } = await readFile(io, path, scope);
    const signature = parseDetachedSignature(await io.files.read(signatureFile), signatureFile);
    const existing = append === true ? 'append' : replace === true ? 'replace' : 'refuse';
    const signed = attachSignature({ bytes, file: path, signature, existing, atMs: io.clock.now() });
    await io.files.write(out, signed);
    return { result: { path, out, kind, signature: signatureFile }, text: [`${out}: signed with ${signatureFile}`] };
  };

const addCommands = (parent: Command, bind: Bind, scope: Scope): Command => {
  const { command, what, sample } = scope;
  parent
    .command('strip')
    .summary('remove signatures')
    .description(
      'Removes every embedded signature. What is left is the file as it was before it was signed; an image gets a right checksum, and keeps the zeros that filled it up to a multiple of 8 bytes.',
    )
    .argument('<file...>', what)
    .option('--out <path>', 'write here, not in place: a file for one file, else a folder')
    .addHelpText('after', examples(`winpv ${command} strip ${sample}`, `winpv ${command} strip ${sample} --out bare`))
    .action(bind(strip(scope)));
  parent
    .command('extract')
    .summary('write a signature to a file of its own')
    .description('Writes the PKCS #7 signature, nested ones inside it, as DER (.p7b). Changes nothing.')
    .argument('<file>', what)
    .option('--out <file>', 'where to write (default: FILE.p7b)')
    .option('--pem', 'write PEM')
    .option('--entry <number>', 'which signature, where an image has several beside each other', entryNumber)
    .addHelpText('after', examples(`winpv ${command} extract ${sample} --out signature.p7b`))
    .action(bind(extract(scope)));
  parent
    .command('attach')
    .summary('put a signature that was made elsewhere into its file')
    .description(
      'Attaches a PKCS #7 signature, DER or PEM, after checking that it holds and is one of this very file. Trust is not judged (see verify).',
    )
    .argument('<file>', what)
    .argument('<signature>', 'a PKCS #7 signature, as `extract` writes it')
    .option('--append', 'add it beside a signature that is there (nested; not for catalogs)')
    .option('--replace', 'replace a signature that is there')
    .option('--out <file>', 'write here, not in place')
    .addHelpText('after', examples(`winpv ${command} attach ${sample} signature.p7b`))
    .action(bind(attach(scope)));
  return parent;
};

/** Adds them to `pe`. */
export const addImageSignatureCommands = (parent: Command, bind: Bind): Command => addCommands(parent, bind, IMAGES);

export const signatureCommand = (bind: Bind): Command =>
  addCommands(
    new Command('signature').description(
      'Embedded signatures of images and cabinets, and those of catalogs, as they are. `sign` makes new ones.',
    ),
    bind,
    ANY,
  );
