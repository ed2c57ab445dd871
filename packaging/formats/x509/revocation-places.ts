import { WinpvError } from '../../../core/errors.ts';
import { contextPrimitiveTag, contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';
import type { Certificate } from './parse.ts';

/** Where a certificate says that its state can be asked for. */
export interface RevocationPlaces {
  /** Addresses of OCSP responders (RFC 5280, 4.2.2.1), in order. */
  readonly ocsp: readonly string[];
  /** Addresses of lists (RFC 5280, 4.2.1.13), in order; lists of some reasons only or of other issuers are left out. */
  readonly lists: readonly string[];
  /** Whole GeneralNames of the places of lists, to compare with what a list says of itself. */
  readonly listNames: readonly Uint8Array[];
}

const AUTHORITY_INFORMATION = '1.3.6.1.5.5.7.1.1';
const DISTRIBUTION_POINTS = '2.5.29.31';
const OCSP = '1.3.6.1.5.5.7.48.1';
const URI = contextPrimitiveTag(6);
/** A hostile certificate would have winpv ask thousands. */
const MAX_PLACES = 16;
const NONE: RevocationPlaces = { ocsp: [], lists: [], listNames: [] };

const known = new WeakMap<Uint8Array, RevocationPlaces>();

/** Read when asked for, which is seldom. A broken extension names no place. */
export const revocationPlaces = ({ der, file }: Pick<Certificate, 'der' | 'file'>): RevocationPlaces => {
  const places = known.get(der) ?? readPlaces(der, file);
  known.set(der, places);
  return places;
};

const readPlaces = (der: Uint8Array, file: string): RevocationPlaces => {
  try {
    const extensions = parseDer(der, { file }).child(0, 'tbsCertificate').find(contextTag(3))?.child(0, 'extensions');
    const inner = (id: string): DerNode | undefined => {
      const found = extensions?.children.find((node) => node.child(0, 'extnID').oid('extnID') === id);
      const value = found?.children.at(-1)?.expect(Tag.octetString, 'extnValue').value;
      return value === undefined ? undefined : parseDer(value, { file }).expect(Tag.sequence, id);
    };
    const ocsp = (inner(AUTHORITY_INFORMATION)?.children ?? [])
      .filter((access) => access.child(0, 'accessMethod').oid('accessMethod') === OCSP)
      .flatMap((access) => access.children.slice(1, 2));
    const names = (inner(DISTRIBUTION_POINTS)?.children ?? []).flatMap(namesOfPoint);
    return {
      ocsp: addresses(ocsp),
      lists: addresses(names),
      listNames: names.slice(0, MAX_PLACES).map(({ bytes }) => bytes),
    };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return NONE;
  }
};

const addresses = (names: readonly DerNode[]): readonly string[] =>
  names
    .filter(({ tag }) => tag === URI)
    .slice(0, MAX_PLACES)
    .map(({ value }) => Buffer.from(value).toString('latin1'));

/** DistributionPoint ::= SEQUENCE { distributionPoint [0] { fullName [0] | … } OPTIONAL, reasons [1], cRLIssuer [2] } */
const namesOfPoint = (point: DerNode): readonly DerNode[] => {
  if (point.find(contextPrimitiveTag(1)) !== undefined || point.find(contextTag(2)) !== undefined) return [];
  return point.find(contextTag(0))?.find(contextTag(0))?.children ?? [];
};
