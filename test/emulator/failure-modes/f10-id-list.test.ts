import { XEN_PROJECT } from '../../drivers/render.ts';
import { busWith, HEAD } from '../../support/compiled-table.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

const brandOf = (vendorPrefix: string) => ({ ...XEN_PROJECT, vendorPrefix });
const OLDER = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => [0x09000000 + number - 1, ...(HEAD[0] ?? []).slice(1)]);

describeProofs('a list of ids that is too long for Windows', [
  {
    mode: 'F10',
    what: 'a prefix of 58 letters',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ brand: brandOf('X'.repeat(64)) }),
    good: () => editedRelease({ brand: brandOf('X'.repeat(20)) }),
    severity: 'error',
  },
  {
    mode: 'F10',
    what: 'thirteen rows with a prefix of two letters',
    caught: ['emulated'],
    bad: () => editedRelease({ images: { 'xenbus.sys': busWith([...OLDER, ...HEAD]) } }),
    good: () => editedRelease({ images: { 'xenbus.sys': busWith([...OLDER.slice(1), ...HEAD]) } }),
  },
  {
    mode: 'F10',
    what: 'the twelve rows of July 2025 with a prefix of five letters',
    caught: ['static', 'emulated'],
    bad: () => knownRelease('master@2025-07-31', {}, { brand: brandOf('XCPng') }),
    good: () => knownRelease('master@2025-07-31', {}, { brand: brandOf('XN') }),
    ofAge: ['F31'],
  },
]);
