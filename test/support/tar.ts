import { concatBytes, utf8 } from '../../core/bytes.ts';

/** Blocks of a tar archive, made byte by byte, so that they may be wrong. */
export const END = new Uint8Array(1024);

export const entry = (
  name: string | Uint8Array,
  data: Uint8Array,
  { type = '0', size }: { readonly type?: string; readonly size?: readonly number[] } = {},
): Uint8Array => {
  const block = new Uint8Array(512);
  block.set(typeof name === 'string' ? utf8(name) : name, 0);
  block.set(utf8('0000644\0'), 100);
  block.set(size ?? utf8(`${data.length.toString(8).padStart(11, '0')}\0`), 124);
  block.set(utf8('        '), 148);
  block.set(utf8(type), 156);
  block.set(utf8('ustar\x0000'), 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(utf8(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return concatBytes(block, data, new Uint8Array((512 - (data.length % 512)) % 512));
};

const record = (key: string, value: string): string => {
  const rest = utf8(` ${key}=${value}\n`).length;
  let length = rest + 1;
  while (String(length).length + rest !== length) length += 1;
  return `${length} ${key}=${value}\n`;
};

export const pax = (records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): Uint8Array =>
  entry(
    'pax',
    utf8(
      Object.entries(records)
        .map(([key, value]) => record(key, value))
        .join(''),
    ),
    { type },
  );

/** A whole archive of these files. */
export const tarOf = (files: Readonly<Record<string, string | Uint8Array>>): Uint8Array =>
  concatBytes(
    ...Object.entries(files).map(([name, data]) => entry(name, typeof data === 'string' ? utf8(data) : data)),
    END,
  );
