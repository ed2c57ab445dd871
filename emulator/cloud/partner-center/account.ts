import { toHex } from '../../../core/bytes.ts';
import type { KeyMaker, Random } from '../../../core/ports.ts';
import {
  makeStandInKeys,
  openStandInPublisher,
  type StandInKeys,
  type StandInPublisher,
} from '../../../packaging/signing/publisher-stand-in.ts';
import { type AccountRow, accountOf, type CloudState } from './state.ts';

const guid = (random: Random): string => {
  const hex = toHex(random.bytes(16));
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join('-');
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** An account with its application and secret. */
export const accountWith = (keys: StandInKeys, random: Random, createdAt: number): AccountRow => ({
  tenant: guid(random),
  clientId: guid(random),
  clientSecret: Buffer.from(random.bytes(30)).toString('base64url'),
  sellerId: String(10_000_000 + (Number.parseInt(toHex(random.bytes(3)), 16) % 80_000_000)),
  seed: toHex(random.bytes(32)),
  keys: { root: base64(keys.root), publisher: base64(keys.publisher) },
  createdAt,
});

/** The same with new keys, which take a moment. */
export const newAccount = async (ports: { readonly keyMaker: KeyMaker; readonly random: Random }, createdAt: number) =>
  accountWith(await makeStandInKeys(ports.keyMaker), ports.random, createdAt);

/** Who signs in the account's name for Microsoft. */
export const publisherOf = (state: CloudState): Promise<StandInPublisher> => {
  const { root, publisher } = accountOf(state).keys;
  return openStandInPublisher({ root: fromBase64(root), publisher: fromBase64(publisher) });
};
