import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadedBrand } from '../../../branding/load.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { addLocalisedStrings } from '../../../packaging/bundle/localised-strings.ts';
import { addServices } from '../../../packaging/bundle/services.ts';
import { decoratedInstalls } from '../../../packaging/formats/inf/decorated-installs.ts';
import { type InfDocument, parseInf, printInf } from '../../../packaging/formats/inf/document.ts';
import { infModel } from '../../../packaging/formats/inf/model.ts';
import { checkPvInf } from '../../../packaging/formats/inf/pv-rules.ts';
import { INF_MODES } from '../../../packaging/formats/inf/rules/modes.ts';
import { verifyInfModes } from '../../../packaging/formats/inf/rules/verify.ts';
import { load } from '../../support/brand-file.ts';
import { describeCorpus } from '../../support/outside.ts';
import { PV_SAMPLES, pvText } from '../../support/pv-infs.ts';

const SERVICE = {
  ...{ name: 'Acme-Agent', displayName: 'Acme Agent', description: 'Reports', program: 'acmeagent.exe' },
  ...{ files: ['acmeagent.dll'], package: 'xenbus', eventSource: true },
};
const brandWith = (service: Readonly<Record<string, unknown>> = {}): LoadedBrand =>
  load({ services: [{ ...SERVICE, ...service }] });

const read = (text: string): InfDocument => parseInf(Buffer.from(text, 'latin1'), 'sample.inf');
const versionOf = (document: InfDocument): FourPartVersion =>
  infModel(document).version.driverVer?.version ?? expect.fail('no version');
const served = (document: InfDocument, brand = brandWith(), architecture: 'x64' | 'x86' = 'x64') =>
  addServices(document, { brand, driver: 'xenbus', architecture, version: versionOf(document) });
const textOf = ({ document }: { readonly document: InfDocument }): string => document.table.text;
const refused = (document: InfDocument, brand?: LoadedBrand) => {
  try {
    served(document, brand);
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
  return expect.fail('nothing was refused');
};

/** The numbers after which nothing is left: lines of `after` that are not those of `before`, in order. */
const addedLines = (before: string, after: string): readonly number[] => {
  const old = before.split('\n');
  let at = 0;
  const added = after.split('\n').flatMap((line, index) => {
    if (line !== old[at]) return [index + 1];
    at += 1;
    return [];
  });
  expect(at).toBe(old.length);
  return added;
};

describe.each(PV_SAMPLES)('a service in the INF of %s', (sample) => {
  const before = read(pvText(sample));
  const after = served(before);

  test('adds lines and changes none', () => {
    expect(addedLines(pvText(sample), textOf(after)).length).toBeGreaterThan(15);
  });

  test('points each added line at the key of the brand that asks for it', () => {
    const lines = textOf(after).split('\n');
    const program = after.added.find(({ line }) => lines[line - 1]?.startsWith('acmeagent.exe = '));
    expect(program?.at).toEqual(brandWith().point(['services', 0, 'program']).at);
    const name = after.added.find(({ line }) => lines[line - 1]?.startsWith('AddService = Acme-Agent'));
    expect(name?.at).toEqual(brandWith().point(['services', 0, 'name']).at);
  });

  test('passes the rules that the INF passed, and has no failure of its own', () => {
    const passed = (document: InfDocument) =>
      [...verifyInfModes(document, INF_MODES, { file: 'sample.inf' })].filter(([, { verdict }]) => verdict === 'valid');
    expect(passed(after.document).map(([mode]) => mode)).toEqual(passed(before).map(([mode]) => mode));
    const failures = (document: InfDocument) =>
      checkPvInf(document, infModel(document)).map(({ failureMode, message }) => [failureMode, message]);
    expect(failures(after.document)).toEqual(failures(before));
  });

  test.each([
    ['copied', /^acmeagent_[\d_]+\.exe,/m, 'acmeagent_9_1_0_999.exe,'],
    ['started', /%11%\\acmeagent_[\d_]+\.exe/, '%11%\\acmeagent_9_1_0_999.exe'],
    ['asked for event texts', /System32\\acmeagent_[\d_]+\.exe/, 'System32\\acmeagent_9_1_0_999.exe'],
  ])('fails as F35 when another name is %s', (_what, from, to) => {
    const changed = read(textOf(after).replace(from, to));
    const found = checkPvInf(changed, infModel(changed)).filter(({ severity }) => severity === 'error');
    expect(found.map(({ failureMode }) => failureMode)).toContain('F35');
    expect(new Set(found.map(({ failureMode }) => failureMode))).toEqual(new Set(['F35']));
  });
});

describe('a service in an INF', () => {
  const plain = pvText('xenbus');
  const models = /^\[(Platform\.NT\w+)\]\n((?:.+\n)+)/m.exec(plain) ?? expect.fail('no Models section');
  const [whole, section = '', lines = ''] = models;

  test('is in every install section, those for newer builds of Windows too', () => {
    const newer = `${section}.10.0...25398`;
    const text = plain
      .replace(`Platform,${section.slice(9)}`, `Platform,${section.slice(9)},${newer.slice(9)}`)
      .replace(whole, `${whole}\n[${newer}]\n${lines.replace('= Bus,', '= NewBus,')}`)
      .replace(
        '[Bus.HW]',
        '[NewBus]\nCopyFiles = KernelFiles,MonitorFiles\n\n[NewBus.Services]\nAddService = xenbus,2,BusService\n\n[Bus.HW]',
      );
    const { document } = served(read(text));
    const installs = decoratedInstalls(document, infModel(document));
    expect(installs.map((one) => one.section.name)).toEqual(['Bus', 'NewBus']);
    for (const { services, files } of installs) {
      expect(services.map(({ name }) => name)).toContain('Acme-Agent');
      expect(files.map(({ name }) => name)).toContain(`acmeagent_${versionOf(document).join('_')}.dll`);
    }
  });

  test('says its texts in every Strings section', () => {
    const { document } = served(read(`${plain}\n[Strings.0407]\nVendor = "X"\n`));
    const german = parseInf(printInf(document), 'x.inf', { language: 0x0407 });
    expect(german.strings.values.get('vendorservice_acme_agent_name')).toBe('Acme Agent');
  });

  test('is refused where the INF has the service, the file or the section already', () => {
    const name = refused(read(plain), brandWith({ name: 'XENBUS_Monitor' }));
    expect(name).toMatchObject([{ code: 'BUNDLE_SERVICE_CLASH', at: brandWith().point(['services', 0, 'name']).at }]);
    const file = refused(read(plain), brandWith({ files: ['Xen.sys'] }));
    expect(file).toMatchObject([{ code: 'BUNDLE_SERVICE_CLASH' }]);
    expect(refused(read(`${plain}\n[vendorservice_acme_agent]\n`))).toMatchObject([{ code: 'BUNDLE_SERVICE_CLASH' }]);
  });

  test.each([
    ['goes on after its last line', `${plain.trimEnd()}\nLast = "a"\\`],
    ['ends before its last line', `${plain}\u001a\nmore`],
  ])('is refused where the file %s', (_what, text) => {
    expect(refused(read(text))).toMatchObject([{ code: 'BUNDLE_SERVICE_CLASH', at: { file: 'acme.json' } }]);
  });

  test('says what the brand says and nothing more, whatever characters it is', () => {
    const loaded = brandWith();
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((one) => !/\p{Cc}|\p{Cs}|[\u2028\u2029]/u.test(one));
    const awkward = fc.constantFrom(
      'a", "b',
      '%Vendor%',
      '%%',
      'x ; y',
      '[Version]',
      'a\\',
      '"',
      '= ,',
      '%11%\\cmd.exe',
    );
    fc.assert(
      fc.property(fc.oneof(text, awkward), fc.oneof(text, awkward), (displayName, description) => {
        const services = loaded.brand.services.map((service) => ({ ...service, displayName, description }));
        const { document } = served(read(plain), { ...loaded, brand: { ...loaded.brand, services } });
        const again = parseInf(printInf(document), 'again.inf');
        expect(again.encoding).toBe(/[^\0-\x7f]/.test(displayName + description) ? 'utf-16le' : 'ansi');
        expect(again.sections.map(({ name }) => name)).toEqual(textOfSections(served(read(plain)).document));
        const [install] = decoratedInstalls(again, infModel(again));
        expect(install?.services.find(({ name }) => name === 'Acme-Agent')).toMatchObject({ displayName, description });
        expect(install?.services.length).toBe(4);
      }),
      { numRuns: 150 },
    );
  });
});

const textOfSections = (document: InfDocument): readonly string[] => document.sections.map(({ name }) => name);

describe('strings in another language', () => {
  test('keep what the INF has in that language, and fill what it lacks', () => {
    const text = `${pvText('xenbus')}\n[Strings.0407]\nBusName = "alt" ; by hand\n`;
    const { document } = addLocalisedStrings(read(text), load({ strings: { 'de-DE': { BusName: 'neu' } } }));
    expect(document.table.text).toContain('BusName = "neu" ; by hand');
    const judged = verifyInfModes(document, ['h'], { file: 'x.inf' }).get('h');
    expect(judged?.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('of a language alone serve every region of it', () => {
    const { document } = addLocalisedStrings(read(pvText('xenbus')), load({ strings: { de: { BusName: 'neu' } } }));
    const austrian = parseInf(printInf(document), 'x.inf', { language: 0x0c07 });
    expect(infModel(austrian).devices[0]?.description).toBe('neu');
    expect(document.table.text).toContain('[Strings.0007]');
  });
});

describeCorpus('a service in real INFs', (corpus) => {
  const files = ['inf', 'xen'].flatMap((folder) =>
    readdirSync(corpus.path(folder), { recursive: true })
      .map((name) => `${folder}/${String(name).replaceAll('\\', '/')}`)
      .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
      .sort(),
  );

  test('is in every install section after it was added, or is refused; lines are added and none is changed', () => {
    const refusals: string[] = [];
    let done = 0;
    for (const file of files) {
      const stamped = Buffer.from(corpus.file(file)).toString('latin1').replaceAll('$ARCH$', 'amd64');
      const before = parseInf(Buffer.from(stamped, 'latin1'), file);
      const judged = (document: InfDocument): number =>
        [...(verifyInfModes(document, ['h'], { file }).get('h')?.findings ?? [])].filter(
          ({ severity }) => severity === 'error',
        ).length;
      try {
        const request = { brand: brandWith(), driver: 'xenbus', architecture: 'x64', version: [9, 1, 0, 4] } as const;
        const after = addServices(before, request).document;
        addedLines(before.table.text, after.table.text);
        expect(judged(after), file).toBeLessThanOrEqual(judged(before));
        done += 1;
      } catch (error) {
        if (!(error instanceof WinpvError)) throw error;
        refusals.push(`${file}: ${error.message}`);
      }
    }
    expect(refusals, refusals.join('\n')).toHaveLength(3);
    for (const one of refusals) expect(one).toContain('has no install section');
    expect(done).toBe(files.length - 3);
    expect(done).toBeGreaterThan(200);
  });
});
