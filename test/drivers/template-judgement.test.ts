import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Brand } from '../../branding/brand.ts';
import { parseBrand } from '../../branding/load.ts';
import { tokenTable } from '../../branding/tokens.ts';
import type { Architecture } from '../../core/architecture.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { DriverDefinition, DriverGeneration } from '../../drivers/contract.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { renderTemplate } from '../../packaging/bundle/render-template.ts';
import { checkPvInf } from '../../packaging/formats/inf/pv-rules.ts';
import { verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
import { projectRoot } from '../support/outside.ts';
import { readInf } from './render.ts';

const BRANDS = 'branding/brands';

const shipped: readonly Brand[] = readdirSync(join(projectRoot, BRANDS)).map((file) => {
  const path = `${BRANDS}/${file}`;
  return parseBrand(new Uint8Array(readFileSync(join(projectRoot, path))), path).brand;
});

/** A brand with and without a function of its own, and with each policy: lines fall away in eight ways. */
const variantsOf = (brand: Brand): readonly Brand[] => {
  const { vendorDeviceId, ...withoutFunction } = brand;
  return [withoutFunction, { ...brand, vendorDeviceId: vendorDeviceId ?? 'C8EF' }].flatMap((one) =>
    [false, true].flatMap((forceActivate) =>
      [false, true].map((forceUnplug) => ({ ...one, forceActivate, forceUnplug })),
    ),
  );
};

interface Judged {
  readonly name: string;
  readonly driver: DriverDefinition;
  readonly generation: DriverGeneration;
}

const findingsOf = ({ driver, generation }: Judged, brand: Brand, arch: Architecture): readonly Diagnostic[] => {
  const template = new Uint8Array(readFileSync(join(projectRoot, generation.template)));
  const tokens = tokenTable(brand, { driver: driver.name, date: { year: 2026, month: 5, day: 4 }, arch });
  const { bytes } = renderTemplate(template, generation.template, tokens, { lineEnds: 'crlf' });
  const { document, model } = readInf(bytes, `${driver.name}.inf`);
  return [...verifyInf(document, { mode: 'h' }).findings, ...checkPvInf(document, model)];
};

const judged = (line: string): readonly Judged[] =>
  DRIVERS.flatMap((driver) =>
    driver.generations
      .filter(({ name }) => name === line)
      .map((generation) => ({ name: driver.name, driver, generation })),
  );

/** What is told of our own templates, each for a filter that the drivers need (spec xen-pv 3.1). */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  xenbus: ['warning INF_1305'],
  xenvbd: ['warning INF_1329', 'warning PV_FILTER_ABOVE_STORPORT'],
};

const toldOf = (findings: readonly Diagnostic[]): readonly string[] =>
  [...new Set(findings.map(({ severity, code }) => `${severity} ${code}`))].sort();

describe('our templates of the 9.1 line, for every shipped brand with every policy and on every architecture', () => {
  test('are judged for five brands', () => {
    expect(shipped.length).toBeGreaterThanOrEqual(5);
    expect(judged('9.1')).toHaveLength(10);
  });

  test.each(judged('9.1'))(
    '$name is clean by the rules of Windows certification and by those for PV drivers',
    (row) => {
      for (const brand of shipped.flatMap(variantsOf)) {
        for (const arch of Object.keys(row.generation.windows) as Architecture[]) {
          const unknown = toldOf(findingsOf(row, brand, arch)).filter((told) => !KNOWN[row.name]?.includes(told));
          expect(unknown, `${brand.id} ${arch} ${brand.forceActivate} ${brand.forceUnplug}`).toEqual([]);
        }
      }
    },
  );
});

describe('our templates of the 8.2 line', () => {
  /** The forms of their time: no lock, co-installers, and boot flags that Windows 11 has a directive for. */
  const OF_THEIR_TIME =
    /^(error INF_(1303|1323|1324)|warning (INF_(1329|1430)|PV_(OLD_PROGRAMME|BOOT_FLAGS|FILTER_ABOVE_STORPORT)))$/;

  test.each(judged('8.2'))('$name has nothing against it but the forms of its time', (row) => {
    for (const brand of shipped.flatMap(variantsOf)) {
      const told = toldOf(findingsOf(row, brand, 'x64'));
      expect(told.filter((one) => !OF_THEIR_TIME.test(one))).toEqual([]);
      expect(told).toEqual(expect.arrayContaining(['error INF_1303', 'error INF_1324']));
    }
  });
});
