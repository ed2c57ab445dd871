import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { opensToUsers } from '../formats/inf/pv/device-security.ts';
import { fileNameOf } from './catalog-scope.ts';
import { placedFiles } from './check-files.ts';
import type { PvInf } from './check-release.ts';
import type { PackageView } from './package-view.ts';

/** How descriptors of drivers and pipes begin; `D:P(A;;GA;;;SY)(A;;GA;;;BA)` is a whole one. */
const DESCRIPTOR = /D:[A-Z]*(?:\([A-Z]{1,2};[^()]{0,200}\))+/g;
const MARKS = ['D:P(', 'D:('];
/** Longest descriptor that is looked at, and most places in one file. */
const [LONGEST, MAX_HITS] = [512, 1000];

/** Security descriptors in the text of a binary, as UTF-16 or as bytes. Linear in the size of the file. */
export const descriptorsIn = (bytes: Uint8Array): readonly string[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Set<string>();
  for (const [encoding, width] of [['utf16le', 2] as const, ['latin1', 1] as const]) {
    for (const text of MARKS) {
      const mark = Buffer.from(text, encoding);
      let at = buffer.indexOf(mark);
      for (let hits = 0; at >= 0 && hits < MAX_HITS; hits += 1) {
        const [descriptor] = buffer.toString(encoding, at, at + LONGEST * width).match(DESCRIPTOR) ?? [];
        if (descriptor !== undefined) found.add(descriptor);
        at = buffer.indexOf(mark, at + mark.length);
      }
    }
  }
  return [...found];
};

/**
 * F44: a descriptor in the driver of consoles, or in the programs that serve them, that lets everybody in. One without any is
 * not told: builds before 97a0bcf had none, and whether the default is enough depends on the pipe.
 */
export const checkConsoleBinaries = (view: PackageView, inf: PvInf): readonly Diagnostic[] => {
  if (inf.pv.kind !== 'xencons') return [];
  const files = new Set(placedFiles(view, inf).map(({ file }) => file));
  return [...files].flatMap((file) => {
    const open = descriptorsIn(file.bytes).find(opensToUsers);
    if (open === undefined) return [];
    return [
      problem(
        'PV_CONSOLE_OPEN',
        `${shownText(fileNameOf(file.path))} has the descriptor ${shownText(open)}, which lets ordinary users in.`,
        {
          at: { file: view.shown(file.path) },
          failureMode: 'F44',
          hint: 'Give consoles and pipes to SYSTEM and administrators only.',
        },
      ),
    ];
  });
};
