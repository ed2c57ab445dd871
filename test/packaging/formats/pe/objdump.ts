/** What `objdump -p` prints of an import table, in the product's shape. Ordinal imports print as `<none>`. */
export const objdumpImports = (text: string): { module: string; names: string[] }[] =>
  text
    .split(/^\s*DLL Name: /m)
    .slice(1)
    .map((block) => {
      const [module = '', ...lines] = block.split('\n');
      const names = lines.map((line) => /^\s*[0-9a-f]+\s+\d+\s+(\S+)\s*$/.exec(line)?.[1]);
      return { module: module.trim(), names: names.filter((name) => name !== undefined) };
    });

/** The names of `objdump -p`'s export table, in table order. */
export const objdumpExports = (text: string): string[] => {
  const table = text.split('[Ordinal/Name Pointer] Table')[1] ?? '';
  return [
    ...(table.split('\n\n')[0]?.matchAll(/^\s*\[\s*\d+\]\s+(?:\+base\[\s*\d+\]\s+[0-9a-f]+\s+)?(\S+)\s*$/gm) ?? []),
  ].map((match) => match[1] ?? '');
};
