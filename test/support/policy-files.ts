import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { u32leBytes } from '../../core/bytes.ts';
import { planCatalogs } from '../../packaging/bundle/catalog.ts';
import { encodeUnsignedCatalog } from '../../packaging/formats/cat/encode.ts';
import {
  bitString,
  boolean,
  contextConstructed,
  type Der,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
  unsignedInteger,
} from '../../packaging/formats/der/encode.ts';
import { peChecksum } from '../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { commonName } from '../../packaging/formats/x509/encode.ts';
import { createKeySigner } from '../../packaging/signing/key.ts';
import type { PolicyAuthorities } from '../../packaging/signing/policy-subject.ts';
import { signCatalog, signPe } from '../../packaging/signing/sign.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import { testTimestamper } from '../../packaging/signing/timestamp.ts';
import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { inf, request } from './catalog-sample.ts';
import { standIn } from './signed-package.ts';
import { sharedHierarchy, signingParts } from './test-keys.ts';

/** Everything of a signed file that a rule of the policy table may ask about. */
export interface Sample {
  readonly kind: 'image' | 'catalog';
  readonly machine: 'x86' | 'x64' | 'arm64';
  readonly program: 'driver' | 'library' | 'firmware';
  /** Whose root stands at the end of the chain; `hidden` roots are Microsoft's by name, and not at hand. */
  readonly authority: 'microsoft' | 'cross' | 'private' | 'hidden' | 'none';
  readonly ekus: readonly string[];
  /** What an authority between root and signer passes on; undefined when there is no such authority. */
  readonly passesOn: readonly string[] | undefined;
  readonly hash: 'sha1' | 'sha256';
  /** When the signer's certificate was issued; it is valid for three years. */
  readonly issuedMs: number;
  readonly stampedMs: number | undefined;
  readonly damaged: 'no' | 'signature' | 'checksum';
  readonly code: 'read-only' | 'writable';
  readonly catalogVersion: 1 | 2;
  /** Inf2Cat's names of the systems that the catalog lists. */
  readonly systems: string;
}

const YEAR_MS = 365 * 86_400_000;
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

interface Name {
  readonly name: string;
  readonly key: KeyObject;
}

interface Issue {
  readonly subject: Name;
  readonly by: Name;
  readonly hash: 'sha1' | 'sha256';
  readonly validMs: readonly [from: number, to: number];
  readonly authority: boolean;
  readonly ekus?: readonly string[];
}

const ALGORITHMS = { sha1: '1.2.840.113549.1.1.5', sha256: '1.2.840.113549.1.1.11' } as const;

const rsa = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const extension = (id: string, value: Der): Der => sequence(oid(id), octetString(value));

/** winpv itself never signs a certificate with SHA-1, so that the samples of the past are made here. */
const certificate = ({ subject, by, hash, validMs, ekus, authority }: Issue): Uint8Array => {
  const algorithm = sequence(oid(ALGORITHMS[hash]), nullValue);
  const tbs = sequence(
    contextConstructed(0, integer(2)),
    unsignedInteger(Uint8Array.of(1, subject.name.length, hash.length)),
    algorithm,
    commonName(by.name),
    sequence(time(validMs[0]), time(validMs[1])),
    commonName(subject.name),
    new Uint8Array(createPublicKey(subject.key).export({ type: 'spki', format: 'der' })),
    contextConstructed(
      3,
      sequence(
        ...(authority ? [extension('2.5.29.19', sequence(boolean(true)))] : []),
        ...(ekus === undefined
          ? []
          : [extension('2.5.29.37', sequence(...[...ekus, CODE_SIGNING].map((id) => oid(id))))]),
      ),
    ),
  );
  return sequence(tbs, algorithm, bitString(new Uint8Array(sign(hash, tbs, by.key))));
};

const LONG: readonly [number, number] = [Date.UTC(2001, 0, 1), Date.UTC(2040, 0, 1)];

/** Makes samples with roots that stand for those of Windows. */
export const policyLaboratory = async () => {
  const [microsoft, crossRoot, own, publicCa, middle, signer] = [
    'Root M',
    'Root V',
    'Root P',
    'Public CA',
    'Component CA',
    'Vendor',
  ].map((name): Name => ({ name, key: rsa() })) as [Name, Name, Name, Name, Name, Name];
  const root = (by: Name): Uint8Array => certificate({ subject: by, by, hash: 'sha1', validMs: LONG, authority: true });
  const roots = { microsoft: root(microsoft), cross: root(crossRoot), private: root(own) };
  const hierarchy = await sharedHierarchy();
  const { tsa } = signingParts(hierarchy);

  const chainOf = ({ authority, ekus, hash, issuedMs, passesOn }: Sample): readonly Uint8Array[] => {
    const by = { microsoft, hidden: microsoft, cross: publicCa, private: own, none: own }[authority];
    const validMs = [issuedMs, issuedMs + 3 * YEAR_MS] as const;
    const leaf = certificate({
      subject: signer,
      by: passesOn === undefined ? by : middle,
      hash,
      validMs,
      ekus,
      authority: false,
    });
    if (passesOn !== undefined) {
      return [leaf, certificate({ subject: middle, by, hash, validMs: LONG, ekus: passesOn, authority: true })];
    }
    if (authority !== 'cross') return [leaf];
    const until = Date.UTC(2021, 3, 15);
    return [leaf, certificate({ subject: publicCa, by: crossRoot, hash, validMs: [LONG[0], until], authority: true })];
  };

  const signWith = async (sample: Sample, bytes: Uint8Array): Promise<Uint8Array> => {
    if (sample.authority === 'none') return bytes;
    const key: Signer = createKeySigner({ label: 'vendor', privateKey: signer.key, certificates: chainOf(sample) });
    const { stampedMs, hash: digest } = sample;
    const timestamper = stampedMs === undefined ? undefined : testTimestamper({ tsa, genTimeMs: stampedMs });
    const options = { signer: key, timestamper, digest };
    return sample.kind === 'image' ? signPe(bytes, 'demo.sys', options) : signCatalog(bytes, 'demo.cat', options);
  };

  const make = async (sample: Sample): Promise<Uint8Array> => {
    const bytes = sample.kind === 'image' ? image(sample) : catalog(sample);
    const signed = await signWith(sample, bytes);
    if (sample.damaged === 'checksum')
      signed[parsePe(signed, 'demo.sys').checksumOffset] =
        (signed[parsePe(signed, 'demo.sys').checksumOffset] ?? 0) ^ 1;
    if (sample.damaged === 'signature') {
      const read = sample.kind === 'image' ? parsePe(signed, 'demo.sys') : undefined;
      const at = read?.sizeOfHeaders ?? 100;
      signed[at] = (signed[at] ?? 0) ^ 1;
      if (read !== undefined) {
        signed.set(u32leBytes(peChecksum(signed, read.checksumOffset)), read.checksumOffset);
      }
    }
    return signed;
  };

  const authorities: PolicyAuthorities = {
    microsoft: [thumbprintOf(roots.microsoft)],
    crossSigning: [thumbprintOf(roots.cross)],
  };
  const judge = async (sample: Sample): Promise<FileVerdict> =>
    verifyFile({
      path: sample.kind === 'image' ? 'demo.sys' : 'demo.cat',
      bytes: await make(sample),
      catalogs: [],
      trust: [hierarchy.root.certificate, ...(sample.authority === 'hidden' ? [] : Object.values(roots))],
      atMs: Date.UTC(2026, 10, 24),
    });
  /** An unsigned driver, judged with a catalog that lists it. */
  const judgeWithCatalog = async (sample: Sample): Promise<FileVerdict> => {
    const bytes = image(sample);
    const [plan] = planCatalogs({ ...request(sample.systems, undefined, { 'x64/demo.sys': bytes }), version: 2 });
    if (plan === undefined) throw new Error('no catalog was planned');
    const listing = await signWith({ ...sample, kind: 'catalog' }, encodeUnsignedCatalog(plan.content));
    return verifyFile({
      path: 'demo.sys',
      bytes,
      catalogs: [{ path: 'demo.cat', bytes: listing }],
      trust: [hierarchy.root.certificate, ...Object.values(roots)],
      atMs: Date.UTC(2026, 10, 24),
    });
  };
  return { make, judge, judgeWithCatalog, authorities, trust: Object.values(roots) };
};

const thumbprintOf = (der: Uint8Array): string => createHash('sha1').update(der).digest('hex');

const EFI_BOOT_DRIVER = 11;

const image = ({ machine, program, code }: Sample): Uint8Array => {
  const bytes = standIn({ machine, kind: program === 'firmware' ? 'driver' : program });
  const headers = new DataView(bytes.buffer, bytes.byteOffset);
  const optional = headers.getUint32(0x3c, true) + 24;
  if (program === 'firmware') headers.setUint16(optional + 68, EFI_BOOT_DRIVER, true);
  const [text] = parsePe(bytes, 'demo.sys').sections;
  if (code === 'read-only' || text === undefined) return bytes;
  const characteristics = optional + headers.getUint16(optional - 4, true) + 36;
  headers.setUint32(characteristics, (text.characteristics | 0x8000_0000) >>> 0, true);
  return bytes;
};

const catalog = ({ systems, catalogVersion: version }: Sample): Uint8Array => {
  const [plan] = planCatalogs({ ...request(systems, [LONE_INF], {}), version });
  if (plan === undefined) throw new Error('no catalog was planned');
  return encodeUnsignedCatalog(plan.content);
};

/** An INF that copies nothing: the catalog lists it alone. */
const LONE_INF = inf(
  'Demo.inf',
  `[Version]
   Signature="$Windows NT$"
   CatalogFile=Demo.cat
   DriverVer=01/01/2012,1.2.3.4
   [Manufacturer]
   %V%=Models,NTx86,NTamd64,NTarm64
   [Models.NTx86]
   "Demo"=Install, PCI\\VEN_5853&DEV_0001
   [Models.NTamd64]
   "Demo"=Install, PCI\\VEN_5853&DEV_0001
   [Models.NTarm64]
   "Demo"=Install, PCI\\VEN_5853&DEV_0001
   [Install]
   [Strings]
   V="Example"`,
);
