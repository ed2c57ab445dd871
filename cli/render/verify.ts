import type { FileVerdict, Verdict } from '../../packaging/signing/verdict.ts';

const describe = (file: FileVerdict): string => {
  const [signature] = file.signatures;
  const parts = [
    ...(file.reason === undefined ? [] : [file.reason]),
    ...(signature === undefined ? [] : [signature.subject]),
    ...file.catalogs.map((catalog) => `in ${catalog.path}`),
  ];
  return parts.join('; ');
};

/** One line a file that is not valid, or every file when there are few; then the total. */
export const verifyLines = (verdict: Verdict, files: readonly FileVerdict[]): readonly string[] => {
  const counted = files.filter((file) => file.counts);
  const wrong = counted.filter((file) => file.verdict !== 'valid');
  const shown = counted.length <= 12 ? counted : wrong;
  const width = Math.max(...shown.map((file) => file.path.length), 0);
  const lines = shown.map((file) =>
    `${file.verdict.padEnd(9)} ${file.path.padEnd(width)}  ${describe(file)}`.trimEnd(),
  );
  const total = `${verdict}: ${counted.length - wrong.length} of ${counted.length} files are valid.`;
  return [...lines, total];
};
