import type { BlockRow } from './state.ts';

/** The list of blocks of the blob store (Put Block List, Get Block List): the one XML that the store reads. */
export interface ListedBlock {
  readonly kind: 'Latest' | 'Committed' | 'Uncommitted';
  readonly id: string;
}

const WHOLE = /^\s*(?:\ufeff)?\s*(?:<\?xml[^>]*\?>)?\s*<BlockList\s*(?:\/>|>([\s\S]*)<\/BlockList>)\s*$/;
const ITEM = /\s*<(Latest|Committed|Uncommitted)>\s*([A-Za-z0-9+/]+={0,2})\s*<\/\1>\s*/y;

/** @returns undefined for anything that is no such list: there are no attributes, comments or entities in one */
export const parseBlockList = (text: string): readonly ListedBlock[] | undefined => {
  const whole = WHOLE.exec(text);
  if (whole === null) return undefined;
  const content = whole[1] ?? '';
  const blocks: ListedBlock[] = [];
  ITEM.lastIndex = 0;
  while (ITEM.lastIndex < content.trimEnd().length) {
    const item = ITEM.exec(content);
    if (item === null) return undefined;
    blocks.push({ kind: item[1] as ListedBlock['kind'], id: item[2] ?? '' });
  }
  return blocks;
};

const blocks = (name: string, rows: readonly BlockRow[]): string =>
  `<${name}>${rows.map(({ id, size }) => `<Block><Name>${id}</Name><Size>${size}</Size></Block>`).join('')}</${name}>`;

export const printBlockList = (committed: readonly BlockRow[], uncommitted: readonly BlockRow[]): string =>
  `<BlockList>${blocks('CommittedBlocks', committed)}${blocks('UncommittedBlocks', uncommitted)}</BlockList>`;
