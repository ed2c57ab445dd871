import { planCatalogs } from '../../../packaging/bundle/catalog.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import type { CatalogOs } from '../../../packaging/formats/cat/os.ts';
import { isPe } from '../../../packaging/formats/pe/parse.ts';
import { encodeZip } from '../../../packaging/formats/zip/encode.ts';
import type { StandInPublisher } from '../../../packaging/signing/publisher-stand-in.ts';
import { signCatalog, signPe } from '../../../packaging/signing/sign.ts';
import type { Signer } from '../../../packaging/signing/signer.ts';
import { type Timestamper, testTimestamper } from '../../../packaging/signing/timestamp.ts';
import { catalogOsOf } from '../../../publishing/partner-center/os-codes.ts';
import type { DriverFile, DriverFolder } from './drivers.ts';
import { infsOf } from './inspect.ts';

/** The signing step: what comes back is a ZIP of `drivers/<guid>/…`. */

export type PackageFault =
  | 'tamper-image'
  | 'tamper-inf'
  | 'drop-file'
  | 'add-file'
  | 'wrong-signer'
  | 'wrong-eku'
  | 'stale-catalog';

export interface SigningOrder {
  readonly folders: readonly DriverFolder[];
  /** Attestation replaces signatures; with evidence of tests a second one goes beside the vendor's. */
  readonly attestation: boolean;
  /** The operating systems that were asked for. */
  readonly codes: readonly string[];
  readonly bundleIdOf: (folder: string) => string;
  readonly nowMs: number;
  readonly publisher: StandInPublisher;
  readonly faults: ReadonlySet<PackageFault>;
}

const signerOf = ({ publisher, attestation, faults }: SigningOrder): Signer => {
  if (faults.has('wrong-signer')) return publisher.stranger;
  return attestation !== faults.has('wrong-eku') ? publisher.attested : publisher.verified;
};

const isImage = ({ bytes }: DriverFile): boolean => isPe(bytes);
const isInf = ({ name }: DriverFile): boolean => /\.inf$/i.test(name);
/** Symbols stay with the service, and catalogs are made anew. */
const isLeftOut = ({ name }: DriverFile): boolean => /\.(pdb|cat)$/i.test(name);

/** Turns one bit in the middle: the headers stay as they are. */
const tampered = ({ name, bytes }: DriverFile): DriverFile => {
  const changed = bytes.slice();
  const middle = Math.floor(bytes.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return { name, bytes: changed };
};

/** A comment at the end: the INF reads as before. */
const amended = ({ name, bytes }: DriverFile): DriverFile => {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return { name, bytes: new Uint8Array([...bytes, ...Buffer.from('\r\n; changed\r\n', wide ? 'utf16le' : 'latin1')]) };
};

const changeFirst = (
  files: readonly DriverFile[],
  chosen: (file: DriverFile) => boolean,
  change: (file: DriverFile) => readonly DriverFile[],
): readonly DriverFile[] => {
  const index = files.findIndex(chosen);
  return files.flatMap((file, at) => (at === index ? change(file) : [file]));
};

const withFaults = (files: readonly DriverFile[], faults: SigningOrder['faults']): readonly DriverFile[] => {
  let result = files;
  if (faults.has('tamper-image')) result = changeFirst(result, isImage, (file) => [tampered(file)]);
  if (faults.has('tamper-inf')) result = changeFirst(result, isInf, (file) => [amended(file)]);
  if (faults.has('drop-file')) result = changeFirst(result, isImage, () => []);
  if (faults.has('add-file')) result = [...result, { name: 'readme-added.txt', bytes: Buffer.from('not sent\r\n') }];
  return result;
};

const catalogSystems = (codes: readonly string[]): readonly CatalogOs[] => [
  ...new Set(codes.map(catalogOsOf).filter((os): os is CatalogOs => os !== undefined)),
];

interface Pen {
  readonly signer: Signer;
  readonly timestamper: Timestamper;
}

const catalogsOf = async (
  files: readonly DriverFile[],
  order: SigningOrder,
  pen: Pen,
): Promise<readonly DriverFile[]> => {
  const byName = new Map(files.map((file) => [file.name.toLowerCase(), file.bytes]));
  const planned = planCatalogs({
    infs: infsOf({ name: '', files }),
    files: (path) => byName.get(path.toLowerCase()),
    osList: catalogSystems(order.codes),
    thisUpdate: order.nowMs,
  });
  return Promise.all(
    planned.map(async ({ name, content }) => ({
      name,
      bytes: await signCatalog(encodeUnsignedCatalog(content), name, pen),
    })),
  );
};

const signFolder = async (folder: DriverFolder, order: SigningOrder, pen: Pen): Promise<readonly DriverFile[]> => {
  const sent = folder.files.filter((file) => !isLeftOut(file));
  const stale = order.faults.has('stale-catalog');
  const files = withFaults(sent, order.faults);
  const images = await Promise.all(
    files.map(async (file) => {
      if (!isImage(file)) return file;
      const existing = order.attestation ? 'replace' : 'append';
      return { name: file.name, bytes: await signPe(file.bytes, file.name, { ...pen, existing }) };
    }),
  );
  // the catalog lists what is beside it, unless it is to be of other images
  const listed = stale ? changeFirst(files, isImage, (file) => [tampered(file)]) : files;
  return [...images, ...(await catalogsOf(listed, order, pen))];
};

/** @throws WinpvError INF_*, PE_*, CAT_*, SIGN_* for what cannot be signed */
export const signDrivers = async (order: SigningOrder): Promise<Uint8Array> => {
  const signer = signerOf(order);
  const pen: Pen = { signer, timestamper: testTimestamper({ tsa: order.publisher.tsa, genTimeMs: order.nowMs }) };
  const faulty = new Set(order.faults);
  const signed: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  for (const [index, folder] of order.folders.entries()) {
    // what is wrong, is wrong once
    const faults = index === 0 ? faulty : new Set([...faulty].filter((fault) => /^wrong/.test(fault)));
    const files = await signFolder(folder, { ...order, faults }, pen);
    const place = `drivers/${order.bundleIdOf(folder.name)}`;
    signed.push(...files.map(({ name, bytes }) => ({ name: `${place}/${name}`, bytes })));
  }
  return encodeZip(signed, { modified: order.nowMs });
};
