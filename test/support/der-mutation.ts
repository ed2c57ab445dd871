import { concatBytes } from '../../core/bytes.ts';
import { tlv } from '../../packaging/formats/der/encode.ts';
import { type DerNode, parseDer } from '../../packaging/formats/der/parse.ts';

/** A small generator of numbers (mulberry32): the same seed, the same mutations. */
export type Random = (limit: number) => number;

export const randomOf = (seed: number): Random => {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % Math.max(1, limit);
  };
};

/** A value of a tree that can be changed. `raw` stands instead of the encoding when it is set. */
interface Item {
  tag: number;
  value: Uint8Array;
  children: Item[] | undefined;
  raw?: Uint8Array;
}

const itemOf = (node: DerNode): Item => ({
  tag: node.tag,
  value: node.value,
  children: node.constructedForm ? node.children.map(itemOf) : undefined,
});

const encode = (item: Item): Uint8Array =>
  item.raw ?? tlv(item.tag, item.children === undefined ? item.value : concatBytes(...item.children.map(encode)));

const copyOf = (item: Item): Item => ({ ...item, children: item.children?.map(copyOf) });

const all = (item: Item): readonly Item[] => [item, ...(item.children ?? []).flatMap(all)];

/** Length octets that are wrong in every way that readers have stumbled over. */
const BAD_LENGTHS: readonly ((length: number) => readonly number[])[] = [
  (length) => [0x82, ((length + 1) >> 8) & 0xff, (length + 1) & 0xff],
  (length) => [0x83, 0, length >> 8, length & 0xff],
  () => [0x80],
  () => [0x84, 0xff, 0xff, 0xff, 0xff],
  () => [0x84, 0x80, 0, 0, 0],
  () => [0x88, 0, 0, 0, 0, 0, 0, 0, 1],
  () => [0xff],
  () => [0],
  (length) => [0x81, Math.max(0, length - 1) & 0xff],
];

const OIDS: readonly Uint8Array[] = [
  '2b0e03021a',
  '608648016503040201',
  '608648016503040202',
  '608648016503040203',
  '2a864886f70d0205',
  '2a864886f70d010101',
  '2a864886f70d01010b',
  '2a864886f70d01010c',
  '2b060104018237020104',
  '2a864886f70d010701',
  '2a864886f70d010702',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));

const INTEGERS: readonly Uint8Array[] = [[0], [1], [3], [0xff], [0x80], [0, 1], [], [0x7f, 0xff, 0xff, 0xff, 0xff]].map(
  (octets) => Uint8Array.from(octets),
);

/** Changes one place of the tree; false when that place has nothing of the kind. */
type Mutation = (items: readonly Item[], random: Random) => boolean;

const pick = <T>(list: readonly T[], random: Random): T | undefined => list[random(list.length)];
const parents = (items: readonly Item[], least: number): readonly Item[] =>
  items.filter(({ children }) => (children?.length ?? 0) >= least);

const withParent =
  (
    least: number,
    change: (children: Item[], index: number, items: readonly Item[], random: Random) => void,
  ): Mutation =>
  (items, random) => {
    const children = pick(parents(items, least), random)?.children;
    if (children === undefined) return false;
    change(children, random(children.length), items, random);
    return true;
  };

const onLeaf =
  (fits: (item: Item) => boolean, change: (item: Item, random: Random) => void): Mutation =>
  (items, random) => {
    const leaf = pick(
      items.filter((item) => item.children === undefined && fits(item)),
      random,
    );
    if (leaf === undefined) return false;
    change(leaf, random);
    return true;
  };

export const DER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'swaps two neighbours': withParent(2, (children, i) => {
    const j = i === 0 ? 1 : i - 1;
    [children[i], children[j]] = [children[j] as Item, children[i] as Item];
  }),
  'turns the members of a set or sequence around': withParent(2, (children) => children.reverse()),
  'leaves a value out': withParent(1, (children, i) => children.splice(i, 1)),
  'says a value twice': withParent(1, (children, i) => children.splice(i, 0, copyOf(children[i] as Item))),
  'puts a value of another place in': withParent(1, (children, i, items, random) => {
    children[i] = copyOf(pick(items, random) as Item);
  }),
  'adds a value of another place': withParent(0, (children, i, items, random) => {
    children.splice(i, 0, copyOf(pick(items, random) as Item));
  }),
  'gives a value another tag': (items, random) => {
    const item = pick(items, random);
    if (item === undefined) return false;
    item.tag ^= 1 << random(8);
    return true;
  },
  'gives a value a wrong length': (items, random) => {
    const item = pick(items, random);
    if (item === undefined) return false;
    const value = contentOf(item);
    const length = pick(BAD_LENGTHS, random)?.(value.length) ?? [0];
    const end = length[0] === 0x80 ? [0, 0] : [];
    item.raw = concatBytes(Uint8Array.of(item.tag), Uint8Array.from(length), value, Uint8Array.from(end));
    return true;
  },
  'wraps a value in many others': withParent(1, (children, i, _items, random) => {
    const depth = 1 + random(90);
    let inner = encode(children[i] as Item);
    for (let d = 0; d < depth; d += 1) inner = tlv(0x30, inner);
    children[i] = { tag: 0x30, value: inner, children: undefined, raw: inner };
  }),
  'names another algorithm or type': onLeaf(
    ({ tag }) => tag === 0x06,
    (leaf, random) => {
      leaf.value = pick(OIDS, random) ?? leaf.value;
    },
  ),
  'changes a number, to a negative one too': onLeaf(
    ({ tag }) => tag === 0x02,
    (leaf, random) => {
      leaf.value = pick(INTEGERS, random) ?? leaf.value;
    },
  ),
  'cuts or lengthens a text or hash': onLeaf(
    ({ value }) => value.length > 0,
    (leaf, random) => {
      leaf.value =
        random(2) === 0
          ? leaf.value.subarray(0, random(leaf.value.length))
          : concatBytes(leaf.value, new Uint8Array(1 + random(9)));
    },
  ),
  'changes some octets of a value': onLeaf(
    ({ value }) => value.length > 0,
    (leaf, random) => {
      const copy = leaf.value.slice();
      for (let n = 1 + random(6); n > 0; n -= 1) copy[random(copy.length)] = random(256);
      leaf.value = copy;
    },
  ),
};

const contentOf = ({ children, value }: Item): Uint8Array =>
  children === undefined ? value : concatBytes(...children.map(encode));

export const MUTATION_NAMES = Object.keys(DER_MUTATIONS);

/** A maker of mutants of one DER value: each call gives another, by the named mutation at a place of chance. */
export const derMutants = (der: Uint8Array): ((name: string, random: Random) => Uint8Array) => {
  const tree = itemOf(parseDer(der, { file: 'original', allowTrailing: true }));
  return (name, random) => {
    const mutant = copyOf(tree);
    DER_MUTATIONS[name]?.(all(mutant), random);
    return encode(mutant);
  };
};
