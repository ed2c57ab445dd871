import { type Diagnostic, problem } from '../../core/errors.ts';
import { flatDigest } from '../../packaging/statements/digests.ts';
import { SUMS_SIGNATURE } from '../making/statement-names.ts';
import { type OutputFile, RECORD_NAME, SUMS_NAME } from '../output.ts';
import { returnedFolders } from './verify-returned.ts';

const LINE = /^([0-9a-f]{64}) [ *](.+)$/;

/**
 * Compares a release folder with its SHA256SUMS, both ways: every listed file is there and equal, every file there is
 * listed. A release's folder must have that file; there is nothing to say about any other folder without it.
 */
export const checkSums = (files: readonly OutputFile[]): readonly Diagnostic[] => {
  const sums = files.find((file) => file.path === SUMS_NAME);
  if (sums === undefined) {
    if (!files.some((file) => file.path === RECORD_NAME)) return [];
    const message = `The folder holds ${RECORD_NAME} but no ${SUMS_NAME}, so it cannot be told what belongs to it.`;
    return [problem('SUMS_MISSING', message, { at: { file: SUMS_NAME } })];
  }
  const lines = new TextDecoder('utf-8').decode(sums.bytes).split('\n');
  const listed = new Map<string, string>();
  const found: Diagnostic[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const [, sum, path] = LINE.exec(line) ?? [];
    if (sum !== undefined && path !== undefined && (listed.get(path) ?? sum) === sum) listed.set(path, sum);
    else
      found.push(
        problem('SUMS_UNREADABLE', 'The line is not a checksum and a path, or contradicts an earlier one.', {
          at: { file: SUMS_NAME, line: index + 1 },
        }),
      );
  }
  const there = new Map(files.map((file) => [file.path, file.bytes]));
  for (const [path, sum] of listed) {
    const bytes = there.get(path);
    const at = { file: path };
    if (bytes === undefined)
      found.push(problem('SUMS_FILE_MISSING', `${path} is listed in ${SUMS_NAME} and is not there.`, { at }));
    else if (flatDigest(bytes) !== sum)
      found.push(problem('SUMS_MISMATCH', `${path} is not the file that ${SUMS_NAME} lists.`, { at }));
  }
  const returned = returnedFolders(there.keys());
  for (const path of there.keys()) {
    if (listed.has(path) || path === SUMS_NAME || path === SUMS_SIGNATURE || path.startsWith('.winpv/')) continue;
    if (returned.some((folder) => path.startsWith(folder))) continue;
    found.push(problem('SUMS_FILE_EXTRA', `${path} is not listed in ${SUMS_NAME}.`, { at: { file: path } }));
  }
  return found;
};
