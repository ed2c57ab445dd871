import { expect, test } from 'vitest';
import { toHex } from '../../../core/bytes.ts';
import { tagHash } from '../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { type Corpus, describeCorpus } from '../../support/outside.ts';
import { JUDGED_AT_MS, judged, ownRoots } from '../../support/signed-corpus.ts';

interface SignerVector {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly digestAlg: string;
  readonly eku: readonly string[] | null;
  readonly signatureValid: boolean;
  readonly thumbprintSha1: string;
  readonly programName?: string;
  readonly moreInfo?: string;
  readonly timestamp?: { readonly kind: string; readonly genTime?: string; readonly signingTime?: string };
  readonly nested?: readonly { readonly signers: readonly SignerVector[] }[];
}

interface FileVector {
  readonly kind: string;
  readonly signers?: readonly SignerVector[];
  readonly winCertificates?: readonly { readonly signers: readonly SignerVector[] }[];
}

const vectorsOf = (corpus: Corpus): Readonly<Record<string, FileVector>> =>
  JSON.parse(Buffer.from(corpus.file('signed/vectors.json')).toString('utf8'));

/** All signers of a file in our order: each with its nested ones after it. */
const signersOf = ({ signers = [], winCertificates = [] }: FileVector): readonly SignerVector[] =>
  [...signers, ...winCertificates.flatMap((entry) => entry.signers)].flatMap((signer) => [
    signer,
    ...(signer.nested ?? []).flatMap((nested) => nested.signers),
  ]);

/** `20240102030405[.5]Z` as ISO 8601 to the second. */
const isoSecond = (text: string): string =>
  text.replace(/^(?:20)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d).*$/, '20$1-$2-$3T$4:$5:$6');

/** A negative serial is written with its sign there and as its octets here. */
const serialHex = (octets: string): string => {
  const bits = octets.length * 4;
  const value = BigInt(`0x${octets}`);
  return (value >> BigInt(bits - 1) === 1n ? value - (1n << BigInt(bits)) : value).toString(16);
};

describeCorpus('signatures of the corpus, compared with independent parsers', (corpus) => {
  const vectors = Object.entries(vectorsOf(corpus)).filter(([, vector]) => signersOf(vector).length > 0);

  test('there are catalogs, images and a cabinet', () => {
    expect(new Set(vectors.map(([, { kind }]) => kind))).toEqual(new Set(['cat', 'pe', 'cab']));
    expect(vectors.length).toBeGreaterThan(35);
  });

  test.each(vectors)('%s: signers, digests and time stamps agree, and no signature is called wrong', (path, vector) => {
    const { verdict, signatures } = judged(corpus, path);
    expect(['valid', 'untrusted']).toContain(verdict);
    expect(
      signatures.map((signature) => ({
        subject: signature.subject,
        issuer: signature.issuer,
        serial: serialHex(signature.serial),
        thumbprint: signature.thumbprint,
        digest: signature.digestAlgorithm,
        ekus: signature.ekus,
        programName: signature.programName,
        moreInfo: signature.moreInfo,
        timestamp: signature.timestamp?.kind,
        time: signature.timestamp?.time?.slice(0, 19),
      })),
    ).toEqual(
      signersOf(vector).map((signer) => ({
        subject: signer.subject,
        issuer: signer.issuer,
        serial: signer.serial,
        thumbprint: signer.thumbprintSha1,
        digest: signer.digestAlg,
        ekus: signer.eku ?? [],
        programName: signer.programName,
        moreInfo: signer.moreInfo,
        timestamp: signer.timestamp?.kind,
        time: signer.timestamp && isoSecond(signer.timestamp.genTime ?? signer.timestamp.signingTime ?? ''),
      })),
    );
    expect(signersOf(vector).every(({ signatureValid }) => signatureValid)).toBe(true);
  });

  const own = vectors.filter(([path]) => path.includes('/own/') || path.startsWith('cat-osslsigncode-signed/'));
  test.each(own)('%s is valid: its root is given', (path) => {
    const { verdict, reason, diagnostics } = judged(corpus, path);
    expect({ verdict, reason, errors: diagnostics.filter(({ severity }) => severity === 'error') }).toEqual({
      verdict: 'valid',
      reason: undefined,
      errors: [],
    });
  });

  test.each(own)('%s is untrusted, not invalid, without its root', (path) => {
    const bytes = corpus.file(`signed/${path}`);
    const verdict = verifyFile({ path, bytes, catalogs: [], trust: [], atMs: JUDGED_AT_MS });
    expect([verdict.verdict, verdict.reason]).toEqual(['untrusted', 'VERIFY_CHAIN_INCOMPLETE']);
  });

  test('a vendor catalog of the SHA-1 age is untrusted, with warnings for every weakness', () => {
    const { verdict, diagnostics } = judged(corpus, 'inf2cat-v1/missionplanner-cube/cube.cat');
    expect(verdict).toBe('untrusted');
    const said = diagnostics.map(({ code, severity, message }) => `${severity} ${code} ${message}`).join('\n');
    expect(said).toContain('warning VERIFY_ALGORITHM_WEAK The content is signed with SHA-1.');
    expect(said).toContain('warning VERIFY_ALGORITHM_WEAK The RSA key of "CN=Michael Oborne" has 1024 bits.');
    expect(said).toContain('warning VERIFY_CERTIFICATE_UNSUITABLE "CN=Michael Oborne" has no extended key usage');
  });

  test('a self-signed leaf can be an anchor itself, and its time stamp still wants one', () => {
    const path = 'inf2cat-v1/missionplanner-cube/cube.cat';
    const bytes = corpus.file(`signed/${path}`);
    const { certificate } = selfSigned(bytes);
    const { verdict, reason } = verifyFile({ path, bytes, catalogs: [], trust: [certificate], atMs: JUDGED_AT_MS });
    expect([verdict, reason]).toEqual(['untrusted', 'VERIFY_TIMESTAMP_UNTRUSTED']);
  });
});

/** The first certificate of a catalog's set. */
const selfSigned = (bytes: Uint8Array): { readonly certificate: Uint8Array } => {
  const set = parseCatalog(bytes, 'cube.cat').signedData.children.find(({ tag }) => tag === 0xa0);
  return { certificate: set?.children[0]?.bytes ?? new Uint8Array(0) };
};

describeCorpus('every tampered file is refused for its own reason', (corpus) => {
  test.each([
    ['cat-certs-not-der-sorted.cat', 'VERIFY_CERTIFICATES_UNSORTED'],
    ['cat-ctl-content-flipped.cat', 'VERIFY_CONTENT_MISMATCH'],
    ['cat-trailing-bytes.cat', 'VERIFY_TRAILING_DATA'],
    ['cat-truncated.cat', 'VERIFY_MALFORMED'],
    ['pe-certtable-byte-flipped.sys', 'VERIFY_SIGNATURE_INVALID'],
    ['pe-certtable-not-8-aligned.sys', 'VERIFY_CERTIFICATE_TABLE'],
    ['pe-certtable-size-beyond-eof.sys', 'VERIFY_CERTIFICATE_TABLE'],
    ['pe-checksum-wrong.sys', 'VERIFY_CHECKSUM_WRONG'],
    ['pe-section-byte-flipped.sys', 'VERIFY_DIGEST_MISMATCH'],
    ['pe-sections-overlap-raw.sys', 'VERIFY_SECTIONS_OVERLAP'],
    ['pe-sections-overlap-virtual.sys', 'VERIFY_SECTIONS_OVERLAP'],
    ['pe-trailing-after-certtable.sys', 'VERIFY_TRAILING_DATA'],
  ])('%s: %s', (name, reason) => {
    const file = judged(corpus, `tampered/${name}`);
    expect([file.verdict, file.reason]).toEqual(['invalid', reason]);
    expect(file.diagnostics.some(({ code, at }) => code === reason && at?.file === `tampered/${name}`)).toBe(true);
  });

  test('an INF that was changed after cataloguing is not found in its catalog', () => {
    const folder = 'microsoft-signed/usbipd-vboxusb-arm64-attestation';
    const catalogs = [{ path: 'VBoxUSB.cat', bytes: corpus.file(`signed/${folder}/VBoxUSB.cat`) }];
    const look = (path: string) =>
      verifyFile({
        path: 'VBoxUSB.inf',
        bytes: corpus.file(`signed/${path}`),
        catalogs,
        trust: ownRoots(corpus),
        atMs: JUDGED_AT_MS,
      });
    expect(look('tampered/VBoxUSB-one-byte-changed.inf')).toMatchObject({ verdict: 'unsigned', catalogs: [] });
    expect(look(`${folder}/VBoxUSB.inf`)).toMatchObject({
      verdict: 'untrusted',
      reason: 'VERIFY_CHAIN_INCOMPLETE',
      catalogs: [{ path: 'VBoxUSB.cat', algorithm: 'sha256', name: 'vboxusb.inf' }],
    });
  });

  test('every catalog finds the INF that lies beside it, by the hash its members have', () => {
    const pairs = Object.keys(vectorsOf(corpus)).filter((path) => /\.inf$/i.test(path));
    expect(pairs.length).toBeGreaterThan(12);
    for (const path of pairs) {
      const beside = Object.keys(vectorsOf(corpus)).filter(
        (other) => other.endsWith('.cat') && other.startsWith(path.slice(0, path.lastIndexOf('/') + 1)),
      );
      const catalogs = beside.map((name) => ({ path: name, bytes: corpus.file(`signed/${name}`) }));
      const { catalogs: found } = verifyFile({
        path,
        bytes: corpus.file(`signed/${path}`),
        catalogs,
        trust: [],
        atMs: JUDGED_AT_MS,
      });
      expect(found.length, path).toBeGreaterThan(0);
      const tags = catalogs.flatMap(({ bytes, path: name }) => parseCatalog(bytes, name).content.members);
      expect(tags.map(({ tag }) => toHex(tagHash(tag)?.digest ?? tag))).toContain(found[0]?.tag);
    }
  });
});
