import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemExec } from '../../../cli/adapters/exec.ts';
import { diskFiles } from '../../../cli/adapters/files.ts';
import { utf8 } from '../../../core/bytes.ts';
import { encodeCab } from '../../../packaging/formats/cab/encode.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { membersOf } from '../../../packaging/formats/cat/member.ts';
import { textAttribute } from '../../../packaging/formats/cat/model.ts';
import { subjectOf } from '../../../packaging/formats/cat/subject.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import { parseCommandLine } from '../../../packaging/signing/command-line.ts';
import {
  createFileCommand,
  type FileSigner,
  type FileSignRules,
  signFile,
} from '../../../packaging/signing/file-signer.ts';
import { signCab, signCatalog, signPe } from '../../../packaging/signing/sign.ts';
import type { TestHierarchy } from '../../../packaging/signing/test-hierarchy.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { oracle } from '../../support/outside.ts';
import { GEN_TIME_MS, sharedHierarchy, signingParts } from '../../support/test-keys.ts';
import { bareImage } from '../formats/pe/bare-image.ts';

const IMAGE = bareImage({ tail: utf8('odd') });
const OTHER_IMAGE = bareImage({ tail: utf8('oddly') });
const CABINET = encodeCab([{ name: 'a', bytes: utf8('hello'), modified: GEN_TIME_MS }], { compress: 'mszip' });
const CATALOG = encodeUnsignedCatalog({
  version: 2,
  listIdentifier: new Uint8Array(16).fill(7),
  thisUpdate: GEN_TIME_MS,
  members: membersOf(subjectOf(IMAGE, 'x.sys'), { version: 2, attributes: [textAttribute('File', 'x.sys')] }),
  attributes: [],
  otherExtensions: [],
});
const FILES = [
  ['x.sys', IMAGE, signPe],
  ['x.cab', CABINET, signCab],
  ['x.cat', CATALOG, signCatalog],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'winpv-tools-'));
let hierarchy: TestHierarchy;
let count = 0;

beforeAll(async () => {
  hierarchy = await sharedHierarchy();
  writeFileSync(join(folder, 'signer.key'), encodePem('PRIVATE KEY', hierarchy.signer.privateKey));
  writeFileSync(join(folder, 'signer.pem'), encodePem('CERTIFICATE', hierarchy.signer.certificate));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tool = (text: string): FileSigner =>
  createFileCommand({
    exec: systemExec,
    files: diskFiles,
    command: parseCommandLine(text),
    scratch: () => {
      count += 1;
      return join(folder, `work-${count}`);
    },
  });

const rules = (more: Partial<FileSignRules> = {}): FileSignRules => ({
  trust: [hierarchy.root.certificate],
  atMs: GEN_TIME_MS,
  timestamps: 'optional',
  purpose: 'test',
  ...more,
});

const file = (name: string, bytes: Uint8Array) => ({ path: `packages/${name}`, name, bytes });

/** A tool that answers with what the function makes of the file. */
const pretending = (make: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array): FileSigner => ({
  label: 'the tool liar',
  sign: async (bytes) => make(bytes),
});

describe('a tool that takes files', () => {
  for (const [name, bytes] of FILES) {
    oracle('osslsigncode', `signs ${name}, and what comes back is taken`, async () => {
      const command = `osslsigncode sign -certs ${folder}/signer.pem -key ${folder}/signer.key -h sha256 -in {in} -out {out}`;
      const { bytes: signed } = await signFile(tool(command), file(name, bytes), rules());
      const { verdict, signatures } = verifyFile({ path: name, bytes: signed, catalogs: [], ...rules() });
      expect(verdict).toBe('valid');
      expect(signatures.map(({ subject }) => subject).join()).toContain('Example');
      expect(readdirSync(folder).filter((entry) => entry.startsWith('work-'))).toEqual([]);
    });
  }

  test('in place is given a copy with the file’s own name', async () => {
    const script = join(folder, 'append.mjs');
    writeFileSync(
      script,
      "import { appendFileSync } from 'node:fs'; appendFileSync(process.argv[2], process.argv[2]);",
    );
    const signed = await tool(`"${process.execPath}" "${script}" {file}`).sign(utf8('content '), 'x.sys');
    expect(new TextDecoder().decode(signed)).toMatch(/^content .*x\.sys$/);
  });

  test.each(['signtool sign', 'x {in}', 'x {out}', 'x {file} {in} {out}'])(
    '%s is refused: where is the file?',
    (text) => {
      expect(() => tool(text)).toThrow(expect.objectContaining({ code: 'SIGN_COMMAND_INVALID' }));
    },
  );

  test.each([
    ['fails', 'process.exit(1)', 'SIGN_COMMAND_FAILED'],
    ['writes nothing', '', 'SIGN_FILE_NOT_SIGNED'],
  ])('and %s leaves nothing behind', async (_name, text, code) => {
    const script = join(folder, 'tool.mjs');
    writeFileSync(script, text);
    const signing = tool(`"${process.execPath}" "${script}" {in} {out}`).sign(IMAGE, 'x.sys');
    await expect(signing).rejects.toMatchObject({ code });
    expect(readdirSync(folder).filter((entry) => entry.startsWith('work-'))).toEqual([]);
  });
});

describe.each(FILES)('what a tool gives back for %s', (name, bytes, sign) => {
  const good = async () => sign(bytes, name, signingParts(hierarchy));
  const signing = (make: () => Promise<Uint8Array> | Uint8Array, more: Partial<FileSignRules> = {}) =>
    signFile(pretending(make), file(name, bytes), rules(more));

  test('is taken when it is the same file with a good signature', async () => {
    expect((await signing(good, { timestamps: 'required' })).bytes).toEqual(await good());
  });

  test('is refused when it is not signed', async () => {
    await expect(signing(() => bytes)).rejects.toMatchObject({ code: 'SIGN_FILE_NOT_SIGNED' });
  });

  test('is refused when it is of another kind, empty, or cut', async () => {
    for (const make of [
      () => utf8('no such thing'),
      () => new Uint8Array(0),
      async () => (await good()).subarray(0, 90),
    ])
      await expect(signing(make)).rejects.toMatchObject({ code: 'SIGN_FILE_CHANGED' });
  });

  test('is refused with a broken signature', async () => {
    const broken = async () => {
      const signed = (await good()).slice();
      const signature = Buffer.from(signed).indexOf(Buffer.from(hierarchy.signer.certificate.subarray(-16)));
      signed[signature] = (signed[signature] ?? 0) ^ 1;
      return signed;
    };
    await expect(signing(broken)).rejects.toMatchObject({ code: 'SIGN_FILE_NOT_SIGNED' });
  });

  test('is refused without the time stamp that was asked for', async () => {
    const bare = async () => sign(bytes, name, { signer: signingParts(hierarchy).signer });
    await expect(signing(bare, { timestamps: 'required' })).rejects.toMatchObject({
      code: 'SIGN_FILE_NOT_SIGNED',
      message: expect.stringContaining('time stamp'),
    });
  });

  test('is refused with another certificate than the pinned one', async () => {
    await expect(signing(good, { pin: { sha1: '00'.repeat(20) } })).rejects.toMatchObject({
      code: 'SIGN_FILE_NOT_SIGNED',
      message: expect.stringContaining('thumbprint'),
    });
  });

  test('is refused when its certificate leads to no trusted root, and judged by its bytes when no root was named', async () => {
    await expect(signing(good, { trust: [hierarchy.tsa.certificate] })).rejects.toMatchObject({
      code: 'SIGN_FILE_NOT_SIGNED',
    });
    expect((await signing(good, { trust: [] })).bytes).toEqual(await good());
  });
});

describe('a well signed file', () => {
  test('is refused when it is another file', async () => {
    const other = async () => signPe(OTHER_IMAGE, 'x.sys', signingParts(hierarchy));
    await expect(signFile(pretending(other), file('x.sys', IMAGE), rules())).rejects.toMatchObject({
      code: 'SIGN_FILE_CHANGED',
    });
  });

  test('that was signed before has to come back with something new', async () => {
    const signed = await signPe(IMAGE, 'x.sys', signingParts(hierarchy));
    await expect(
      signFile(
        pretending((bytes) => bytes),
        file('x.sys', signed),
        rules(),
      ),
    ).rejects.toMatchObject({
      code: 'SIGN_FILE_NOT_SIGNED',
    });
  });
});
