import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { DRIVERS } from '../../drivers/index.ts';
import { renderDriver, TEST_BRANDS } from '../drivers/render.ts';
import {
  type Comparison,
  compareInstalls,
  type InfUnderTest,
  type InstallDifference,
} from '../support/emulated-install-compare.ts';
import { describeCorpus, hasOracle } from '../support/outside.ts';
import { setupInf } from '../support/setup-inf.ts';
import { wineOracle } from '../support/wine.ts';

const program = setupInf();
const folder = mkdtempSync(join(tmpdir(), 'winpv-emulated-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an INF has before its build fills it in; a template's other tokens are texts like others. */
const filledIn = (text: string): string =>
  text.replaceAll(/\$ARCH\$|@INF_ARCH@/gi, 'amd64').replaceAll(/\$KMDFVERSION\$/gi, '1.15');

let count = 0;
const written = (name: string, bytes: Uint8Array): InfUnderTest => {
  count += 1;
  const path = join(folder, `${count}.inf`);
  writeFileSync(path, bytes);
  return { name, path, bytes };
};

const ownInfs = (): readonly InfUnderTest[] =>
  DRIVERS.flatMap((driver) =>
    driver.generations.flatMap((generation, line) =>
      TEST_BRANDS.map((brand) =>
        written(`${driver.name} ${line} ${brand.vendorName}`, renderDriver(driver, generation, brand).bytes),
      ),
    ),
  );

interface Reason {
  readonly what: RegExp;
  /** Which of the two has it. */
  readonly only: 'ours' | 'theirs' | 'both';
  readonly right: 'winpv' | 'Wine' | 'open';
  readonly why: string;
  /** What is left out of both before they are compared: nothing else may differ. */
  readonly but?: RegExp;
}

/** Every difference there is, who is right by the specification, and why the other has it otherwise. */
const REASONS: readonly Reason[] = [
  {
    ...{ what: /services\\[^\\]+ \| preshutdowntimeout$/, only: 'theirs', right: 'winpv' },
    why: 'Wine keeps a time limit in every service; pnp-install 7 has no such value',
  },
  {
    ...{ what: /services\\[^\\]+ \| objectname$/, only: 'theirs', right: 'winpv' },
    why: 'Wine gives drivers the account of programs, too; a driver has an ObjectName when the INF says StartName',
  },
  {
    ...{ what: /services\\[^\\]+ \| imagepath$/, only: 'both', right: 'winpv' },
    why: 'Wine writes REG_SZ; ImagePath is REG_EXPAND_SZ (inf.md 10)',
    but: /^REG_(EXPAND_)?SZ/,
  },
  {
    ...{ what: /services\\[^\\]+ \| owners$/, only: 'ours', right: 'winpv' },
    why: 'Wine does not keep which INFs a service is from; Windows 8 and later do (pnp-install 7)',
  },
  {
    ...{ what: /services\\[^\\]+ \| tag$|control\\grouporderlist \| /, only: 'ours', right: 'winpv' },
    why: 'Wine gives no tags; drivers of boot and system start get one in their group (pnp-install 7)',
  },
  {
    ...{ what: /services\\[^\\]+ \| dependon(service|group)$/, only: 'ours', right: 'winpv' },
    why: 'Wine does not read Dependencies (inf.md 10)',
  },
  {
    ...{ what: /^<software> \| (characteristics|bustype|\*\w+)$/, only: 'ours', right: 'winpv' },
    why: 'Wine has no installer for network adapters, which keeps these entries of the section in the software key',
  },
  {
    ...{
      what: /^<software> \| netcfginstanceid$|\\control\\network\\\{[^\\]+\}\\\{[^\\]+\}\\connection \| (name|pnpinstanceid)$/,
      only: 'ours',
      right: 'winpv',
    },
    why: 'the same installer gives an adapter its connection, by which users know it and addresses stay',
  },
  {
    ...{
      what: / \| (upperfilters|lowerfilters|veto_devices|hide_devices|qemu_hide_flags)$/,
      only: 'ours',
      right: 'winpv',
    },
    why: 'Wine appends nothing to a list that is not there; each text not yet present is appended (inf.md 9)',
  },
  {
    ...{ what: /control\\class\\\{[^\\]+\}$|services\\[^\\]+\\parameters$/, only: 'theirs', right: 'winpv' },
    why: 'the key that Wine has made for the list that it did not write',
  },
  {
    ...{ what: /control\\class\\\{[^\\]+\} \| class$/, only: 'ours', right: 'winpv' },
    why: 'SetupAPI keeps the name of a class with its key when the class is installed, not by its AddReg',
  },
  {
    ...{ what: /^<device>\\filters\\/, only: 'ours', right: 'winpv' },
    why: 'Wine does not know AddFilter; where Windows keeps it is not documented, the emulator has a place of its own',
  },
  {
    ...{
      what: /^c:\\.*\\(usbser|bdasup|psisdecd|psisrndr|msdvbnp|bdaplgin)\.(sys|dll|ax)$/,
      only: 'theirs',
      right: 'winpv',
    },
    why: 'files of Windows that the INF has no SourceDisksFiles for: the package lacks them, and the emulator says so',
  },
  {
    ...{ what: /^c:\\.*\\product_tap_win_component_id@/, only: 'theirs', right: 'open' },
    why: 'a list without a folder, in a file that its build fills in: Wine takes System32, the emulator says unmodelled',
  },
  {
    ...{ what: /^c:\\.*\\(m?k?u?(shell)?btrfs|libusb[k0](_x86)?)\.(sys|dll|exe)$/, only: 'both', right: 'winpv' },
    why: 'Wine takes the folder of a source from [SourceDisksFiles] without a decoration only (inf.md 6)',
    but: /^.*\\/,
  },
];

const reasonFor = ({ where, ours, theirs }: InstallDifference): Reason | undefined => {
  const only = ours === undefined ? 'theirs' : theirs === undefined ? 'ours' : 'both';
  return REASONS.find(
    ({ what, but, ...reason }) =>
      reason.only === only &&
      what.test(where) &&
      (only !== 'both' || (but !== undefined && ours?.replace(but, '') === theirs?.replace(but, ''))),
  );
};

describeCorpus('INFs that Wine and the emulated guest install', (corpus) => {
  const names = readdirSync(corpus.path(''), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
    .sort();
  let found: Comparison | undefined;

  beforeAll(async () => {
    if (!hasOracle('wine') || !hasOracle('x86_64-w64-mingw32-gcc')) return;
    const real = names.map((name) => {
      const bytes = corpus.file(name);
      const text = Buffer.from(bytes).toString('latin1');
      const filled = filledIn(text);
      return filled === text ? { name, path: corpus.path(name), bytes } : written(name, Buffer.from(filled, 'latin1'));
    });
    found = await compareInstalls(program, folder, [...real, ...ownInfs()]);
  }, 300_000);

  wineOracle('are most of the corpus, all suites, and every template of ours', () => {
    const sections = found?.sections ?? [];
    expect(sections.length).toBeGreaterThan(290);
    const missing = found?.notForIt.filter((name) => name.startsWith('xen/rendered/') || !name.includes('/'));
    expect(missing).toEqual([]);
    expect(found?.notForIt.length).toBeLessThan(20);
    expect(found?.values).toBeGreaterThan(9000);
    expect(found?.files).toBeGreaterThan(800);
  });

  wineOracle('leave the same services, registry and files, but for what has a reason', () => {
    const unexplained = found?.differences.filter((difference) => reasonFor(difference) === undefined);
    expect(unexplained).toEqual([]);
  });

  wineOracle('differ in each of the ways that are listed', () => {
    const seen = new Set(found?.differences.map(reasonFor));
    expect(REASONS.filter((reason) => !seen.has(reason)).map(({ why }) => why)).toEqual([]);
  });

  wineOracle('leave little out in suites and templates, and say what', () => {
    const told = found?.unmodelled
      .filter(([name]) => name.startsWith('xen/rendered/') || !name.includes('/'))
      .map(([, what]) => what.replace(/^the co-installer .*/, 'a co-installer'));
    // Images here do nothing, so that no build of a co-installer is known.
    expect([...new Set(told)].sort()).toEqual([
      '[Interface.WMI] WMIInterface',
      '[XenIface_Inst.WMI] WMIInterface',
      'a co-installer',
    ]);
  });
});
