import type { PeImage } from './model.ts';

/** The text that every stand-in carries. It must never change: it is how later versions recognise an older stand-in. */
export const STAND_IN_MARK = 'winpv stand-in image: there is no driver in it, do not publish it';

/** Whether winpv made this image as a stand-in for a driver that has not been built; signing does not change the answer. */
export const isStandIn = ({ bytes }: PeImage): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(STAND_IN_MARK, 0, 'latin1');
