import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { xenbus } from '../../../../drivers/xenbus/definition.ts';
import { xencrsh } from '../../../../drivers/xencrsh/definition.ts';
import { xendisk } from '../../../../drivers/xendisk/definition.ts';
import { xenvbd } from '../../../../drivers/xenvbd/definition.ts';
import { parseInf } from '../../../../packaging/formats/inf/document.ts';
import { infModel } from '../../../../packaging/formats/inf/model.ts';
import { checkPvInf } from '../../../../packaging/formats/inf/pv-rules.ts';
import { renderDriver, TEST_BRANDS, XEN_PROJECT } from '../../../drivers/render.ts';
import { STORPORT_NOTE } from '../../../support/pv-faults.ts';
import { changed, PV_SAMPLES, pvFindings, pvText } from '../../../support/pv-infs.ts';

describe('PV rules and what they leave alone', () => {
  test.each(PV_SAMPLES)('a sound %s has no finding', (sample) => {
    expect(pvFindings(pvText(sample)).filter(({ code }) => code !== STORPORT_NOTE)).toEqual([]);
  });

  test("winpv's own templates are sound for every test brand", () => {
    for (const driver of [xenbus, xenvbd, xendisk, xencrsh]) {
      for (const brand of TEST_BRANDS) {
        const { document, model } = renderDriver(driver, driver.generations[0], brand);
        const found = checkPvInf(document, model).filter(({ code }) => code !== STORPORT_NOTE);
        expect(found).toEqual([]);
      }
    }
  });

  test('packages of the 8.2 line are told to be old, and nothing else', () => {
    for (const driver of [xenbus, xenvbd]) {
      const old = driver.generations.find(({ name }) => name === '8.2');
      if (old === undefined) throw new Error('no 8.2 line');
      const { document, model } = renderDriver(driver, old, XEN_PROJECT);
      const found = checkPvInf(document, model).filter(({ code }) => code !== STORPORT_NOTE);
      expect(new Set(found.map(({ failureMode, severity }) => `${failureMode} ${severity}`))).toEqual(
        new Set(['F32 warning']),
      );
    }
  });

  test('a filter above the storage port is a warning that says where it comes from', () => {
    const [note] = pvFindings(pvText('xenvbd'));
    expect(note).toMatchObject({ code: STORPORT_NOTE, severity: 'warning' });
    expect(note?.failureMode).toBeUndefined();
    expect(note?.hint).toContain('hlk.md section 6.3');
  });

  test('another stack that matches the platform function is not judged', () => {
    const foreign = pvText('xenbus')
      .replaceAll(/\bxenbus\b/g, 'otherbus')
      .replace('PnpLockdown = 1', '');
    expect(pvFindings(foreign)).toEqual([]);
  });

  test('an INF that is to be stamped yet may leave architecture and version open', () => {
    const text = pvText('xennet')
      .replaceAll('NTamd64', 'NT$ARCH$')
      .replace('05/29/2026,9.1.0.31', '01/01/1900,0.0.0.0');
    const document = parseInf(utf8(text), 'xennet.inf');
    const model = infModel(document);
    expect(checkPvInf(document, model, { stampinf: true })).toEqual([]);
    const found = checkPvInf(document, model);
    expect(new Set(found.map(({ failureMode }) => failureMode))).toEqual(new Set(['F33']));
  });

  test('an unfinished template is judged for that alone', () => {
    const text = changed(pvText('xeniface'), [
      ['Vendor="Example Vendor"', 'Vendor="@VENDOR_NAME@"'],
      [/HKR,,Security.*/, ''],
    ]);
    const found = pvFindings(text);
    expect(found.map(({ failureMode }) => failureMode)).toEqual(['F33']);
    expect(found[0]?.at?.column).toBe(9);
  });
});

describe('PV rules on damaged INFs', () => {
  const pieces = fc.constantFrom(
    '',
    ',',
    '"',
    '%',
    '[',
    ']',
    ';',
    '\\',
    '\n',
    '=',
    'HKR',
    '0x00010008',
    'xenfilt',
    '@A_B@',
    '{',
    '\0',
  );
  const cut = fc.record({ at: fc.nat(6000), length: fc.nat(40), put: pieces });

  test('give findings with positions inside the file, or say why it cannot be read', () => {
    const texts = new Map(PV_SAMPLES.map((sample) => [sample, pvText(sample)]));
    fc.assert(
      fc.property(fc.constantFrom(...PV_SAMPLES), fc.array(cut, { minLength: 1, maxLength: 6 }), (sample, cuts) => {
        const text = cuts.reduce((before, { at, length, put }) => {
          const from = at % (before.length + 1);
          return before.slice(0, from) + put + before.slice(from + length);
        }, texts.get(sample) ?? '');
        try {
          for (const { at, excerpt, failureMode, code } of pvFindings(text)) {
            expect(at?.line ?? 1).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
            expect(at?.column ?? 1).toBeLessThanOrEqual((excerpt?.length ?? 0) + 1);
            expect(failureMode ?? code).toMatch(/^F\d\d$|^PV_FILTER_ABOVE_STORPORT$/);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WinpvError);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
