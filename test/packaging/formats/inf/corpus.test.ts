import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WinpvError } from '../../../../core/errors.ts';
import { parseInf, printInf } from '../../../../packaging/formats/inf/document.ts';
import { applyInfEdits } from '../../../../packaging/formats/inf/edit.ts';
import {
  type InfArch,
  infModel,
  installTarget,
  packageFiles,
  selectModels,
  type WindowsTarget,
} from '../../../../packaging/formats/inf/model.ts';
import { type Corpus, describeCorpus } from '../../../support/outside.ts';

const infFiles = (corpus: Corpus, folder: string): readonly string[] =>
  readdirSync(corpus.path(folder), { recursive: true })
    .map((name) => posix.join(folder, String(name).replaceAll('\\', '/')))
    .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
    .sort();

const WINDOWS_10: WindowsTarget = { arch: 'amd64', major: 10, minor: 0, build: 19045 };
const WINDOWS: readonly WindowsTarget[] = (['x86', 'amd64', 'arm64'] as const).map((arch) => {
  return { arch, major: 10, minor: 0, build: 19045 };
});

describeCorpus('every INF of the corpus', (corpus) => {
  const files = ['inf', 'xen', 'signed'].flatMap((folder) => infFiles(corpus, folder));

  test('is there: templates with tokens, other build systems, ready files', () => {
    expect(files.length).toBeGreaterThanOrEqual(267);
  });

  test('is read, and printed with the same bytes', () => {
    const encodings = new Map<string, number>();
    for (const file of files) {
      const bytes = corpus.file(file);
      const document = parseInf(bytes, file);
      encodings.set(document.encoding, (encodings.get(document.encoding) ?? 0) + 1);
      expect(Buffer.compare(printInf(document), bytes), file).toBe(0);
      expect(Buffer.compare(printInf(applyInfEdits(document, [])), bytes), file).toBe(0);
    }
    expect([...encodings.keys()].sort()).toEqual(['ansi', 'utf-16le', 'utf-8', 'utf-8-bom']);
  });

  test('with bytes changed is read and printed with the same bytes, or refused with a position', () => {
    const mutation = fc.record({
      file: fc.constantFrom(...files.filter((file) => corpus.file(file).length < 8000)),
      at: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 8,
      }),
    });
    fc.assert(
      fc.property(mutation, ({ file, at }) => {
        const bytes = corpus.file(file);
        for (const [place, value] of at) bytes[Math.floor(place * bytes.length)] = value;
        try {
          const document = parseInf(bytes, file);
          expect(Buffer.compare(printInf(document), bytes)).toBe(0);
          const model = infModel(document);
          for (const target of WINDOWS) installTarget(document, model, target);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(error.code).toMatch(/^INF_/);
          expect(error.at?.line ?? error.at?.offset).toBeDefined();
        }
      }),
      { numRuns: 400 },
    );
  });

  test('of the Xen drivers, rendered, has devices, files that it places, and services with a start type', () => {
    const rendered = files.filter((file) => file.startsWith('xen/rendered/'));
    expect(rendered.length).toBeGreaterThan(50);
    for (const file of rendered) {
      const document = parseInf(corpus.file(file), file);
      const model = infModel(document);
      const { files: installed, services } = installTarget(document, model, WINDOWS_10);
      expect(selectModels(model, WINDOWS_10).flatMap(({ devices }) => devices).length, file).toBeGreaterThan(0);
      expect(
        installed.filter(({ sourcePath }) => sourcePath === undefined),
        file,
      ).toEqual([]);
      expect(
        installed.map(({ dirid }) => dirid),
        file,
      ).not.toContain(undefined);
      expect(services.length, file).toBeGreaterThan(0);
      expect(
        services.map(({ startType }) => startType),
        file,
      ).not.toContain(undefined);
      expect(JSON.stringify([model, services]), file).not.toMatch(/%(?!SystemRoot%)[A-Za-z_]+%/);
    }
  });
});

/** `File` and OS codes of a catalog, as `vectors.json` of the corpus says. */
interface CatalogVector {
  readonly kind: string;
  readonly catalogAttrs: readonly { readonly name: string; readonly value: string }[];
  readonly members: readonly { readonly attrs: readonly { readonly name: string; readonly value: string }[] }[];
}

const VERSIONS: readonly (readonly [RegExp, number, number])[] = [
  [/^XPX86/, 5, 1],
  [/^XPX64|^Server2003/, 5, 2],
  [/^Vista|^Server2008(?!R2)/, 6, 0],
  [/^7X|^Server2008R2/, 6, 1],
  [/^8X|^8ARM|^Server2012/, 6, 2],
  [/^_v63/, 6, 3],
  [/^10X/, 6, 4],
  [/v100/, 10, 0],
];

/** Enough of the OS codes for these catalogs; the newest build, so that every dated decoration applies. */
const targetOf = (code: string): WindowsTarget => {
  const [, major, minor] = VERSIONS.find(([pattern]) => pattern.test(code)) ?? [/./, 0, 0];
  const arch: InfArch = /ARM64/.test(code) ? 'arm64' : /IA64/.test(code) ? 'ia64' : /X64/.test(code) ? 'amd64' : 'x86';
  return { arch, major, minor, build: 26200, productType: code.includes('Server') ? 3 : 1 };
};

describeCorpus('the files of a package', (corpus) => {
  const vectors = JSON.parse(Buffer.from(corpus.file('signed/vectors.json')).toString('utf8')) as Readonly<
    Record<string, CatalogVector>
  >;
  /** Catalogs that stand beside their INF. The one that lists an INF of another name is judged without the INF. */
  const catalogs = Object.entries(vectors).filter(
    ([path, { kind }]) => kind === 'cat' && /^(inf2cat|microsoft-signed\/(softether|usbipd))/.test(path),
  );

  test('are compared with 18 catalogs', () => {
    expect(catalogs).toHaveLength(18);
  });

  test.each(catalogs)('are those that %s lists', (path, { catalogAttrs, members }) => {
    const folder = posix.join('signed', posix.dirname(path));
    const document = infFiles(corpus, folder)
      .map((file) => parseInf(corpus.file(file), file))
      .find((candidate) => {
        const names = Object.values(infModel(candidate).version.catalogFiles);
        return names.some((name) => name.toLowerCase() === posix.basename(path).toLowerCase());
      });
    if (document === undefined) throw new Error(`no INF names ${path}`);
    const codes = catalogAttrs.find(({ name }) => name === 'OS')?.value.split(',') ?? [];
    const files = packageFiles(document, infModel(document), codes.map(targetOf));
    const listed = members.map(({ attrs }) => attrs.find(({ name }) => name === 'File')?.value ?? '');
    expect([...new Set(files.map(({ name }) => name.toLowerCase()))].sort()).toEqual(
      [...new Set(listed)].filter((name) => !name.endsWith('.inf')).sort(),
    );
  });

  test.each(catalogs.filter(([path]) => !/softether|gemma/.test(path)))(
    'ids of %s stand in file order',
    (path, { catalogAttrs }) => {
      const folder = posix.join('signed', posix.dirname(path));
      const ids = infFiles(corpus, folder).flatMap((file) =>
        infModel(parseInf(corpus.file(file), file)).devices.flatMap((device) => device.ids),
      );
      const listed = catalogAttrs
        .filter(({ name }) => name.startsWith('HWID'))
        .sort((a, b) => Number(a.name.slice(4)) - Number(b.name.slice(4)))
        .map(({ value }) => value);
      expect([...new Set(ids.map((id) => id.toLowerCase()))]).toEqual(listed);
    },
  );
});

describeCorpus('known faults of real files show in the model', (corpus) => {
  const writes = (file: string): readonly string[] => {
    // $ARCH$ stands for the architecture until the file is stamped.
    const text = Buffer.from(corpus.file(file)).toString('latin1').replaceAll('$ARCH$', 'amd64');
    const document = parseInf(Buffer.from(text, 'latin1'), file);
    const { services } = installTarget(document, infModel(document), WINDOWS_10);
    return services.flatMap(({ registry }) => registry.map(({ key, name, value }) => `${key}|${name}|${value}`));
  };
  const unplug = (file: string): readonly string[] => writes(file).filter((write) => write.includes('Unplug'));

  test('a section that clears the unplug requests, named by no AddReg', () => {
    expect(unplug('xen/templates/xenbus/20230913-9daf0cc470.inf')).toEqual([]);
    expect(unplug('xen/rendered/xp-9.1-head/xenbus.inf')).toEqual([
      'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug|NICS|0',
      'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug|DISKS|0',
    ]);
  });

  test('boot flags written to a subkey instead of a value', () => {
    expect(writes('xen/templates/xennet/20150708-131bc22161.inf')).toContain('HKR\\BootFlags||129');
  });
});
