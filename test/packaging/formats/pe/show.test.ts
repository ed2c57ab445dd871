import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { peSummaryLines, showPe } from '../../../../packaging/formats/pe/show.ts';
import { describeCorpus } from '../../../support/outside.ts';
import { bareImage } from './bare-image.ts';
import { peVectors } from './vectors.ts';

describeCorpus('the summary of a real image', (corpus) => {
  const show = (path: string) => showPe(parsePe(corpus.file(path), path));

  test.each(peVectors(corpus))(
    '%s: digests, CheckSum and certificate table are those of the vectors',
    (path, vector) => {
      expect(show(path)).toMatchObject({
        digests: vector.authenticode,
        checksum: { stored: vector.checksumStored, computed: vector.checksumComputed },
        certificateTable: vector.certTable.size === 0 ? null : vector.certTable,
        standIn: false,
        unreadable: [],
      });
    },
  );

  test('survives JSON', () => {
    const summary = show('signed/pe/own/arm64.sys');
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary).toMatchObject({ machine: 'arm64', format: 'PE32+', subsystem: 'native', imageBase: '0x140000000' });
  });

  test('as lines says what a reviewer looks for', () => {
    const lines = peSummaryLines(show('signed/tampered/pe-checksum-wrong.sys'));
    expect(lines).toEqual(
      expect.arrayContaining([
        'PE32+ image for x64, subsystem native, 12784 bytes',
        'CheckSum       0x7205 (wrong, should be 0x7250)',
        'SHA-256        033f0c8eb9b8b40421a5d08bca8697ed5e6409d8963d5812be37750b075c5651',
        'certificates   2544 bytes at 0x2800',
        'version        8.2.1.42 (product 8.2.1.42), driver',
        '  OriginalFilename (0x409) = xenvbd.sys',
        'imports        storport.sys: StorPortDebugPrint, StorPortInitialize',
      ]),
    );
  });

  test('names the flaws of a tampered image', () => {
    const lines = peSummaryLines(show('signed/tampered/pe-sections-overlap-raw.sys'));
    expect(lines.filter((line) => line.startsWith('flaw'))).toEqual([
      expect.stringMatching(/^flaw {11}overlap-raw: Section \.rdata starts at 0x400/),
    ]);
  });

  test('nothing is thrown, whatever bytes behind the headers say', () => {
    const whole = corpus.file('signed/pe/own/msvc64.sys');
    const change = fc.tuple(fc.integer({ min: 0xd0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 300 }), (changes) => {
        const bytes = whole.slice();
        for (const [offset, value] of changes) bytes[offset] = value;
        let image: ReturnType<typeof parsePe>;
        try {
          image = parsePe(bytes, 'a.sys');
        } catch {
          return;
        }
        expect(peSummaryLines(showPe(image)).length).toBeGreaterThan(5);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the summary', () => {
  test('says which table cannot be read, and shows the rest', () => {
    const bytes = bareImage({});
    new DataView(bytes.buffer).setUint32(0x58 + 112 + 8, 0x9000, true);
    const summary = showPe(parsePe(bytes, 'a.sys'));
    expect(summary.unreadable).toMatchObject([{ table: 'imports', code: 'PE_MALFORMED' }]);
    expect(summary.sections).toHaveLength(1);
    expect(summary.version).toBeNull();
  });

  test('tells a CheckSum that was never set from a wrong one', () => {
    const bytes = bareImage({});
    expect(peSummaryLines(showPe(parsePe(bytes, 'a.sys'))).join('\n')).toContain('0xdeadbeef (wrong, should be');
    bytes.fill(0, 0x58 + 64, 0x58 + 68);
    expect(peSummaryLines(showPe(parsePe(bytes, 'a.sys'))).join('\n')).toContain('0x0 (not set, should be');
  });

  test('does not let a section name drive the terminal', () => {
    const bytes = bareImage({});
    bytes.set([0x1b, 0x5b, 0x32, 0x4a], 0x58 + 240);
    const lines = peSummaryLines(showPe(parsePe(bytes, 'a.sys')));
    expect(lines.join('')).toContain('?[2J');
    expect(lines.join('')).not.toContain('\u001b');
  });
});
