import { Command, Option } from 'commander';
import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { SignedKind } from '../../packaging/signing/fitness.ts';
import type { SignOptions } from '../../packaging/signing/sign-content.ts';
import type { Timestamper } from '../../packaging/signing/timestamp.ts';
import type { RemoteTimestamper } from '../../packaging/signing/timestamp-servers.ts';
import { addFileToolOption, type FileToolOptions, signByTool } from '../inputs/file-tool.ts';
import { type LoneImage, openLoneImage } from '../inputs/lone-image.ts';
import { type NamedFile, outputPaths, readNamedFiles } from '../inputs/named-files.ts';
import {
  addKeyOptions,
  addTimestampOptions,
  loadSigners,
  openTimestamper,
  purposeOf,
  readTimestampChoice,
  withSigner,
} from '../inputs/signing-options.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface SignCommandOptions extends FileToolOptions {
  readonly ifUnsigned?: true;
  readonly out?: string;
  readonly prepare?: string;
}

type Subject = NamedFile & { readonly kind: SignedKind };

const SIGNABLE = /\.(sys|dll|exe|efi|cat|cab)$/i;
const WRITES_AT_ONCE = 8;
const MAX_HALVES_BYTES = 256 * 1024 * 1024;

/** By content. A file named on the command line has to be of a format that can be signed; others in a folder are left. */
const subjectsOf = async (io: Io, paths: readonly string[]): Promise<readonly Subject[]> => {
  // Files are read while the code is loaded that signs them.
  const [files, { fileKind }] = await Promise.all([
    readNamedFiles(io, paths),
    import('../../packaging/signing/file-kind.ts'),
    import('../../packaging/signing/sign.ts'),
    loadSigners(),
  ]);
  return files.flatMap((file) => {
    const kind = fileKind(file.path, file.bytes);
    if (kind === 'pe' || kind === 'cab' || kind === 'cat') return [{ ...file, kind }];
    if (!paths.includes(file.path) && !SIGNABLE.test(file.path)) return [];
    throw new WinpvError('SIGN_FORMAT_UNKNOWN', `${file.path} is no PE image, cabinet or catalog.`, {
      at: { file: file.path },
      hint: 'INFs and other files are signed by the catalog that lists them.',
    });
  });
};

const signatureOptions = (options: SignCommandOptions): Omit<SignOptions, 'signer' | 'timestamper'> => {
  const { append, replace, ifUnsigned, description, url, pageHashes } = options;
  if ([append, replace, ifUnsigned].filter((one) => one === true).length > 1) {
    throw new WinpvError('USAGE', '--append, --replace and --if-unsigned exclude each other.', { hint: 'Choose one.' });
  }
  return {
    description,
    url,
    existing: append === true ? 'append' : replace === true ? 'replace' : 'refuse',
    pageHashes: pageHashes === true ? 'sha256' : pageHashes,
  };
};

/** The signed file, in parts. */
const signSubject = async ({ kind, path, bytes }: Subject, options: SignOptions): Promise<readonly Uint8Array[]> => {
  const { signCab, signCatalog, signPeParts } = await import('../../packaging/signing/sign.ts');
  if (kind === 'cat') return [await signCatalog(bytes, path, options)];
  if (kind === 'cab') return [await signCab(bytes, path, options)];
  return signPeParts(bytes, path, options);
};

/** Whether the file carries a signature, good or bad. */
const isSigned = async ({ path, bytes }: Subject): Promise<boolean> => {
  const { isSigned: carries } = await import('../../packaging/signing/add-timestamp.ts');
  return carries(bytes, path);
};

/** What Windows or Partner Center would refuse later. @returns warnings @throws WinpvError SIGN_* with every error */
const checkCertificate = async (
  io: Io,
  certificates: readonly Uint8Array[],
  subjects: readonly Pick<Subject, 'kind'>[],
  options: SignCommandOptions,
): Promise<readonly Diagnostic[]> => {
  const { checkFitness } = await import('../../packaging/signing/fitness.ts');
  const kinds = new Set(subjects.map(({ kind }) => kind));
  return stopOnErrors(checkFitness({ certificates, kinds, nowMs: io.clock.now(), purpose: purposeOf(options) }));
};

const timestamperOf = async (io: Io, options: SignCommandOptions): Promise<RemoteTimestamper | undefined> => {
  const choice = await readTimestampChoice(io, options);
  if (choice?.kind === 'servers') return openTimestamper(io, choice);
  if (choice?.kind === 'none') return undefined;
  throw new WinpvError('SIGN_NO_TIMESTAMP_CHOICE', 'Neither --timestamp nor --no-timestamp was given.', {
    hint: 'Without a time stamp a signature ends with its certificate. Name a server with --timestamp URL.',
  });
};

const prepare = async (io: Io, subjects: readonly Subject[], options: SignCommandOptions): Promise<Outcome> => {
  const { fileSha256, recordToBeSigned } = await import('../../packaging/signing/two-halves.ts');
  const { certificatesOf } = await import('../inputs/prepared-items.ts');
  const certificates = await certificatesOf(io, options.cert);
  const common = signatureOptions(options);
  const diagnostics = await checkCertificate(io, certificates, subjects, options);
  const items = await Promise.all(
    subjects.map(async (subject) => {
      const message = await recordToBeSigned(certificates, (signer) => signSubject(subject, { ...common, signer }));
      const toBeSigned = Buffer.from(message).toString('base64');
      return { path: subject.path, sha256: fileSha256(subject.bytes), digestAlgorithm: 'SHA-256' as const, toBeSigned };
    }),
  );
  const target = options.prepare ?? '';
  await io.files.write(target, utf8(`${JSON.stringify({ items }, undefined, 2)}\n`));
  return {
    result: { path: target, items: items.length },
    text: [`${target}: ${items.length} to be signed. No file was changed.`],
    diagnostics,
  };
};

interface SignedFile {
  readonly subject: Subject;
  /** Parts of the file that belong one after the other. */
  readonly parts: readonly Uint8Array[];
}

interface SignedFiles {
  readonly files: readonly SignedFile[];
  readonly diagnostics: readonly Diagnostic[];
}

const attach = async (
  io: Io,
  subjects: readonly Subject[],
  options: SignCommandOptions,
  timestamper: Timestamper | undefined,
): Promise<SignedFiles> => {
  const { attachedSigner, preparedSchema } = await import('../../packaging/signing/two-halves.ts');
  const { parseJson } = await import('../../core/json.ts');
  const { certificatesOf, matchItems } = await import('../inputs/prepared-items.ts');
  const source = options.attach ?? '';
  const { items } = parseJson(await io.files.read(source, { maxBytes: MAX_HALVES_BYTES }), source, preparedSchema);
  const certificates = await certificatesOf(io, options.cert);
  const common = { ...signatureOptions(options), timestamper };
  const pairs = matchItems(subjects, items);
  const diagnostics = await checkCertificate(io, certificates, subjects, options);
  const files = await Promise.all(
    pairs.map(async ({ subject, item }) => {
      const signer = attachedSigner(certificates, item);
      return { subject, parts: await signSubject(subject, { ...common, signer }) };
    }),
  );
  return { files, diagnostics };
};

const signAll = async (
  io: Io,
  subjects: readonly Subject[],
  options: SignCommandOptions,
  timestamper: Timestamper | undefined,
): Promise<SignedFiles> => {
  const common = { ...signatureOptions(options), timestamper };
  return withSigner(io, options, async (signer) => {
    const diagnostics = await checkCertificate(io, await signer.certificates(), subjects, options);
    const files = await Promise.all(
      subjects.map(async (subject) => ({ subject, parts: await signSubject(subject, { ...common, signer }) })),
    );
    return { files, diagnostics };
  });
};

/** The same certificate signs every file, so the same is said of it. */
const distinct = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(diagnostics.map((one) => [one.message, one])).values(),
];

const byTool = async (io: Io, subjects: readonly Subject[], options: SignCommandOptions): Promise<SignedFiles> => {
  const signed = await signByTool(io, subjects, options);
  const files = subjects.flatMap((subject, i) => {
    const bytes = signed[i]?.bytes;
    return bytes === undefined ? [] : [{ subject, parts: [bytes] }];
  });
  return { files, diagnostics: distinct(signed.flatMap((one) => one.diagnostics)) };
};

/** Asks for nothing that needs the whole image at hand. */
const isPlain = ({
  append,
  replace,
  ifUnsigned,
  prepare,
  attach,
  pageHashes,
  fileCommand,
}: SignCommandOptions): boolean =>
  [append, replace, ifUnsigned, prepare, attach, pageHashes, fileCommand].every((option) => option === undefined);

const signLoneImage = async (io: Io, { path, source, image }: LoneImage, options: SignCommandOptions) => {
  const { signPassingPe } = await import('../../packaging/signing/sign-pe.ts');
  const timestamper = await timestamperOf(io, options);
  const out = options.out ?? path;
  const diagnostics = await withSigner(io, options, async (signer) => {
    const found = await checkCertificate(io, await signer.certificates(), [{ kind: 'pe' }], options);
    const all = { ...signatureOptions(options), signer, timestamper };
    await source.copy(out, (blocks) => signPassingPe(image, blocks, all));
    return found;
  });
  return outcomeOf([{ path, out, kind: 'pe' }], [], [...diagnostics, ...(timestamper?.findings() ?? [])]);
};

interface SignedPath {
  readonly path: string;
  readonly out: string | undefined;
  readonly kind: SignedKind;
}

const outcomeOf = (
  files: readonly SignedPath[],
  left: readonly string[],
  diagnostics: readonly Diagnostic[],
): Outcome => ({
  result: { files, left },
  text: [
    ...files.map(({ out }) => `${out}: signed`),
    ...left.map((path) => `${path}: signed already, left as it is`),
    ...(files.length + left.length === 0 ? ['Nothing to sign was found.'] : []),
  ],
  diagnostics,
});

const run = async ({ io }: Context, paths: readonly string[], options: SignCommandOptions): Promise<Outcome> => {
  const lone = isPlain(options) ? await openLoneImage(io, paths) : undefined;
  if (lone === undefined) return signFiles(io, paths, options);
  try {
    return await signLoneImage(io, lone, options);
  } finally {
    await lone.source.close();
  }
};

const signFiles = async (io: Io, paths: readonly string[], options: SignCommandOptions): Promise<Outcome> => {
  const all = await subjectsOf(io, paths);
  const signedBefore = options.ifUnsigned === true ? await Promise.all(all.map(isSigned)) : [];
  const subjects = all.filter((_subject, i) => signedBefore[i] !== true);
  if (options.prepare !== undefined) return prepare(io, subjects, options);
  const tool = options.fileCommand !== undefined;
  const timestamper = tool ? undefined : await timestamperOf(io, options);
  const sign = tool ? byTool : options.attach === undefined ? signAll : attach;
  const { files: signed, diagnostics } = await sign(io, subjects, options, timestamper);
  const targets = outputPaths(io, subjects, paths, options.out);
  const { limitConcurrency } = await import('../../packaging/signing/limit.ts');
  const atOnce = limitConcurrency(WRITES_AT_ONCE);
  await Promise.all(signed.map(({ parts }, i) => atOnce(() => io.files.write(targets[i] ?? '', parts))));
  const left = all.filter((subject) => !subjects.includes(subject)).map(({ path }) => path);
  const files = signed.map(({ subject: { path, kind } }, i) => ({ path, out: targets[i], kind }));
  return outcomeOf(files, left, [...diagnostics, ...(timestamper?.findings() ?? [])]);
};

export const signCommand = (bind: Bind): Command =>
  addTimestampOptions(
    addFileToolOption(
      addKeyOptions(
        new Command('sign')
          .description(
            'Embeds SHA-256 Authenticode signatures. The key is asked once a file, and each signature is checked before its file is put in place; when one file fails, none is.',
          )
          .argument('<path...>', 'files, or folders with files to sign below'),
      ),
    ),
  )
    .option('--append', 'add a signature beside one that is there (nested; not for catalogs)')
    .option('--replace', 'replace a signature that is there')
    .option('--if-unsigned', 'leave files alone that are signed already')
    .option('--out <path>', 'write here, not in place: a file for one file, else a folder')
    .option('--description <text>', 'the program name that Windows shows')
    .option('--url <address>', 'where to read more about it')
    .addOption(
      new Option('--page-hashes [hash]', 'sign the hashes of an image’s pages too; without a value sha256').choices([
        'sha1',
        'sha256',
      ]),
    )
    .option('--prepare <file>', 'first half: write what has to be signed, and change no file')
    .option('--attach <file>', 'second half: take the signatures from the file and finish')
    .addHelpText(
      'after',
      examples(
        'winpv sign out/*.sys --pfx signer.p12 --passin env:PFX_PASSWORD --timestamp http://timestamp.example.com',
        'winpv sign xenbus.cat --key key.pem --cert leaf.pem --cert ca.pem --no-timestamp --out signed.cat',
        'winpv sign *.sys --prepare to-sign.json --cert leaf.pem',
      ),
    )
    .action(bind(run));
