import { Command } from 'commander';
import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { CatalogEdit } from '../../packaging/bundle/catalog-edit.ts';
import type { CatalogContent, NameValue } from '../../packaging/formats/cat/model.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { createCatalogs } from './cat-create.ts';

const MAX_CATALOG_BYTES = 256 * 1024 * 1024;

/** What a reader of a catalog must not miss, though the catalog is not judged: its signature is not of this content. */
const BROKEN: readonly ErrorCode[] = ['VERIFY_CONTENT_MISMATCH', 'VERIFY_SIGNATURE_INVALID', 'VERIFY_MALFORMED'];

const show = async ({ io, output }: Context, file: string): Promise<Outcome> => {
  const { parseCatalog } = await import('../../packaging/formats/cat/parse.ts');
  const { showCatalog } = await import('../../packaging/formats/cat/show.ts');
  const { catalogLines } = await import('../render/catalog.ts');
  const { verifyFile } = await import('../../packaging/signing/verify.ts');
  const bytes = await io.files.read(file, { maxBytes: MAX_CATALOG_BYTES });
  const catalog = parseCatalog(bytes, file);
  const shown = showCatalog(catalog);
  const verdict = verifyFile({ path: file, bytes, catalogs: [], trust: [], atMs: io.clock.now() });
  const signers = verdict.signatures.map(({ subject, issuer, digestAlgorithm, ekus, timestamp, programName }) => ({
    subject,
    issuer,
    digestAlgorithm,
    ...(timestamp?.time === undefined ? {} : { timestamp: timestamp.time }),
    ekus,
    ...(programName === undefined ? {} : { programName }),
  }));
  const broken = verdict.diagnostics
    .filter(({ code }) => BROKEN.includes(code))
    .map((finding): Diagnostic => ({ ...finding, severity: 'warning' }));
  return {
    result: { ...shown, signatures: signers },
    text: catalogLines({ file, shown, signers, extent: output.verbose ? 'all' : 'short' }),
    diagnostics: [...catalog.findings, ...broken],
  };
};

interface EditOptions {
  readonly out?: string;
  readonly pageHashes?: boolean;
  readonly attribute?: readonly string[];
}

const signatureDropped = (file: string): Diagnostic =>
  problem('CAT_SIGNATURE_DROPPED', `The signature of ${file} covered the old content and is dropped.`, {
    severity: 'warning',
    at: { file },
    hint: 'Sign the catalog again: winpv sign.',
  });

/** Reads a catalog, edits it, and writes it unsigned; nothing is written when the edit fails or changes nothing. */
const edited = async (
  { io }: Context,
  file: string,
  out: string,
  edit: (content: CatalogContent) => Promise<CatalogEdit>,
): Promise<CatalogEdit & { readonly signatureDropped: boolean }> => {
  const { parseCatalog } = await import('../../packaging/formats/cat/parse.ts');
  const { encodeUnsignedCatalog } = await import('../../packaging/formats/cat/encode.ts');
  const bytes = await io.files.read(file, { maxBytes: MAX_CATALOG_BYTES });
  const { content, signedData } = parseCatalog(bytes, file);
  const result = await edit(content);
  if (result.changed.length === 0) {
    if (out !== file) await io.files.write(out, bytes);
    return { ...result, signatureDropped: false };
  }
  // SignerInfos are the last field of SignedData; an unsigned catalog has none in it.
  const dropped = (signedData.children.at(-1)?.children.length ?? 0) > 0;
  await io.files.write(out, encodeUnsignedCatalog(result.content));
  const diagnostics = dropped ? [...result.diagnostics, signatureDropped(file)] : result.diagnostics;
  return { ...result, diagnostics, signatureDropped: dropped };
};

const add = async (
  context: Context,
  file: string,
  paths: readonly string[],
  options: EditOptions,
): Promise<Outcome> => {
  const { io } = context;
  const { addMembers } = await import('../../packaging/bundle/catalog-edit.ts');
  const { listedSubjectOf } = await import('../../packaging/formats/cat/subject.ts');
  const { parseCdfAttribute } = await import('../../packaging/formats/cat/cdf-attribute.ts');
  const attributeOf = (text: string): NameValue => {
    const attribute = parseCdfAttribute(text);
    if (typeof attribute === 'string')
      throw new WinpvError('USAGE', attribute, { hint: 'For example 0x10010001:PETrusted:1.' });
    return attribute;
  };
  const out = options.out ?? file;
  const edit = await edited(context, file, out, async (content) => {
    const additions = [];
    const more = (options.attribute ?? []).map(attributeOf);
    for (const path of paths) {
      const subject = listedSubjectOf(await io.files.read(path), path);
      const pages = options.pageHashes === true ? { pageHashes: true } : {};
      additions.push({ name: io.files.basename(path), path, subject, more, ...pages });
    }
    return addMembers(content, additions);
  });
  return editOutcome('added', out, edit);
};

const remove = async (
  context: Context,
  file: string,
  texts: readonly string[],
  options: EditOptions,
): Promise<Outcome> => {
  const { io } = context;
  const { removeMembers } = await import('../../packaging/bundle/catalog-edit.ts');
  const { subjectOf } = await import('../../packaging/formats/cat/subject.ts');
  const out = options.out ?? file;
  const edit = await edited(context, file, out, async (content) => {
    const selectors = [];
    for (const text of texts) {
      const there = (await io.files.stat(text))?.kind === 'file';
      selectors.push(there ? { text, subject: subjectOf(await io.files.read(text), text) } : { text });
    }
    return removeMembers(content, selectors, { file });
  });
  return editOutcome('removed', out, edit);
};

const editOutcome = async (
  done: 'added' | 'removed',
  path: string,
  edit: CatalogEdit & { readonly signatureDropped: boolean },
): Promise<Outcome> => {
  const { findText, formatTag, memberKind } = await import('../../packaging/formats/cat/model.ts');
  const members = edit.changed.map((member) => ({
    tag: formatTag(member.tag),
    kind: memberKind(member),
    file: findText(member.attributes, 'File') ?? null,
  }));
  const state = edit.signatureDropped ? 'unsigned now' : edit.changed.length === 0 ? 'unchanged' : 'unsigned';
  return {
    result: { path, [done]: members, members: edit.content.members.length, signatureDropped: edit.signatureDropped },
    text: [
      ...members.map(({ tag, kind, file }) => `${done} ${tag}  ${kind.padEnd(4)}  ${file ?? ''}`.trimEnd()),
      `${path}: ${edit.content.members.length} members, ${state}`,
    ],
    diagnostics: edit.diagnostics,
  };
};

export const catCommand = (bind: Bind): Command => {
  const command = new Command('cat').description('The catalog tool.');
  createCatalogs(command, bind);
  command
    .command('add')
    .summary('list more files in a catalog')
    .description(
      'Adds members in the version and style of the catalog, which must be signed again. A file that is listed stays.',
    )
    .argument('<catalog>', 'a .cat file')
    .argument('<file...>', 'files to list: images, cabinets, anything else')
    .option('--page-hashes', 'list the hashes of the pages of images too')
    .option(
      '--attribute <type:name:value>',
      'what the members say besides, as in a CDF (0x10010001:PETrusted:1); may be repeated',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--out <file>', 'write there instead of in place')
    .addHelpText('after', examples('winpv cat add xenbus.cat xenbus_monitor.exe'))
    .action(bind(add));
  command
    .command('remove')
    .summary('take members out of a catalog')
    .description(
      'Takes out what is listed under a tag, the content of a file, or a file name. The catalog must be signed again.',
    )
    .argument('<catalog>', 'a .cat file')
    .argument('<file...>', 'a tag as `cat show` prints it, a path, or a name in File')
    .option('--out <file>', 'write there instead of in place')
    .addHelpText('after', examples('winpv cat remove xenbus.cat xenbus_monitor.exe'))
    .action(bind(remove));
  command
    .command('show')
    .summary('what a catalog lists, and who signed it')
    .description(
      'Prints signer, Windows versions, devices, attributes and members of any catalog; long lists whole with --verbose. Judges nothing (see verify). Changes nothing.',
    )
    .argument('<file>', 'a .cat file')
    .addHelpText('after', examples('winpv cat show xenbus.cat', 'winpv cat show xenbus.cat --json'))
    .action(bind(show));
  return command;
};
