import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { DRIVERS } from '../../../drivers/index.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { policyKey, signatureKey, targetKey } from '../../../emulator/guest/guest.ts';
import { guestById, guestSpecs } from '../../../emulator/guest/windows.ts';
import { compileBundle } from '../../../emulator/package/compile.ts';
import type { ImageFacts, InstallFacts, PackageFacts } from '../../../emulator/package/facts.ts';
import type { CheckedFile } from '../../../packaging/bundle/package-view.ts';
import { fuzzRuns } from '../../support/fuzz.ts';
import { infMutation } from '../../support/inf-mutations.ts';
import { describeCorpus } from '../../support/outside.ts';
import { driverPackage, exchanged, image } from '../../support/pv-package.ts';
import { signedPackage } from '../../support/signed-package.ts';

const NOW = Date.UTC(2026, 10, 24);
const compile = (files: readonly CheckedFile[], trust: readonly Uint8Array[] = []) =>
  compileBundle({ files, label: 'acme', guests: guestSpecs(), trust, nowMs: NOW, shown: (path) => path });

const guest = (id: string) => {
  const found = guestById(id);
  if (found === undefined) throw new Error(id);
  return found;
};
const WINDOWS_10 = guest('windows-10-22h2-x64');

const below = (folder: string, files: readonly CheckedFile[]): readonly CheckedFile[] =>
  files.map(({ path, bytes }) => ({ path: `${folder}/${path}`, bytes }));

const packageOf = (bundle: ReturnType<typeof compile>, driver: string): PackageFacts => {
  const found = Object.values(bundle.library.packages).find((one) => one.driver === driver);
  if (found === undefined) throw new Error(driver);
  return found;
};
const installOf = (facts: PackageFacts): InstallFacts => {
  const target = facts.targets[targetKey(WINDOWS_10)];
  const install = target?.installs[target.models[0]?.install ?? ''];
  if (install === undefined) throw new Error(facts.key);
  return install;
};
const imageNamed = (bundle: ReturnType<typeof compile>, name: string): ImageFacts | undefined =>
  Object.values(bundle.library.images).find((one) => one.name === name);

describe('a bundle compiled for all guests', () => {
  const everything = DRIVERS.filter(({ name }) => !['xendisk', 'xencrsh'].includes(name)).flatMap((driver) =>
    below(`${driver.name}/x64`, driverPackage(driver)),
  );
  const bundle = compile(everything);

  test('has each bus before its children, under the folder of its INF', () => {
    const drivers = ['xenbus', 'xenvif', 'xennet', 'xenvbd', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'];
    expect(bundle.packages).toEqual(drivers.map((name) => `acme:${name}/x64`));
  });

  test('survives JSON, and names in it every image that packages copy', () => {
    expect(JSON.parse(JSON.stringify(bundle.library))).toEqual(bundle.library);
    for (const facts of Object.values(bundle.library.packages)) {
      expect([facts.missing, bundle.diagnostics]).toEqual([[], []]);
      for (const { image: key } of installOf(facts).copyFiles) expect(bundle.library.images[key ?? '']).toBeDefined();
    }
  });

  test('says what installing does in the folders of the guest', () => {
    const { services, copyFiles, featureScore, extension } = installOf(packageOf(bundle, 'xenbus'));
    expect({ featureScore, extension }).toEqual({ featureScore: 0xfe, extension: '' });
    expect(copyFiles.map(({ folder, name }) => `${folder}\\${name}`)).toContain(
      'C:\\Windows\\System32\\drivers\\xen.sys',
    );
    expect(services.find(({ name }) => name === 'xenfilt')).toMatchObject({
      ...{ type: 1, start: 0, group: 'Boot Bus Extender', binary: 'C:\\Windows\\System32\\drivers\\xenfilt.sys' },
    });
  });

  test('is the same record for guests that do the same', () => {
    const { targets } = packageOf(bundle, 'xenbus');
    expect(targets[targetKey(guest('windows-10-21h2-x64'))]).toBe(targets[targetKey(WINDOWS_10)]);
    expect(targets[targetKey(guest('windows-10-22h2-x86'))]).toBeUndefined();
  });

  test('knows which builds its images are', () => {
    expect(imageNamed(bundle, 'xenbus.sys')?.model).toMatchObject({
      ...{ image: 'xenbus', line: 'master', prefix: 'XP' },
      rows: ['09000008', '09000009', '0900000A', '0900000B', '0900000C'],
      provides: { XENBUS_EVTCHN: [5, 9], XENBUS_UNPLUG: [1, 3] },
    });
    expect(imageNamed(bundle, 'xenfilt.sys')?.model?.provides).toEqual({ XENFILT_EMULATED: [1, 3] });
    expect(imageNamed(bundle, 'xenvbd.sys')?.model?.needs).toMatchObject({
      XENBUS_UNPLUG: { version: 3, optional: false },
      XENFILT_EMULATED: { version: 2, optional: true },
    });
    expect(imageNamed(bundle, 'xennet.sys')?.model?.needs).toMatchObject({ XENVIF_VIF: { version: 10 } });
    expect(imageNamed(bundle, 'xenbus_monitor.exe')?.model?.image).toBe('xenbus_monitor');
  });

  test('without a signature anywhere is said to be unsigned, whatever its catalogs list', () => {
    expect(bundle.nothingSigned).toBe(true);
    const signature = packageOf(bundle, 'xenbus').signatures[signatureKey(WINDOWS_10)];
    expect(signature).toMatchObject({ state: 'unsigned', reason: 'xenbus.cat is not signed.' });
  });
});

describe('a package', () => {
  test('whose file is not there lacks it on the guests that would copy it', () => {
    const bundle = compile(below('xenvbd/x64', exchanged(driverPackage(xenvbd), 'xencrsh.sys', undefined)));
    const facts = packageOf(bundle, 'xenvbd');
    expect(facts.missing).toEqual(['xencrsh.sys']);
    expect(installOf(facts).copyFiles.find(({ name }) => name === 'xencrsh.sys')?.image).toBeUndefined();
  });

  test('of the wrong processor, a damaged image and a file that is none are told apart', () => {
    const files = driverPackage(xenvbd);
    const other = image({ name: 'xendisk.sys', machine: 'x86' });
    const damaged = image({ name: 'xencrsh.sys' }).subarray(0, 0x100);
    const bundle = compile(
      exchanged(exchanged(exchanged(files, 'xendisk.sys', other), 'xencrsh.sys', damaged), 'xenvbd.sys', utf8('text')),
    );
    expect(['xendisk.sys', 'xencrsh.sys', 'xenvbd.sys'].map((name) => imageNamed(bundle, name)?.machine)).toEqual([
      ...['x86', 'broken', 'none'],
    ]);
  });

  test('whose INF cannot be read is told, and the others are compiled', () => {
    const bundle = compile([
      ...below('xenbus/x64', driverPackage(xenbus)),
      { path: 'bad/bad.inf', bytes: utf8('[Version\n') },
    ]);
    expect(bundle.packages).toEqual(['acme:xenbus/x64']);
    expect(bundle.diagnostics).toMatchObject([{ code: 'INF_SECTION_LINE', at: { file: 'bad/bad.inf', line: 1 } }]);
  });

  test('may name its sections as objects name their own things', () => {
    const inf = `[Version]\nSignature="$Windows NT$"\n[Manufacturer]\na=M,NTamd64\n[M.NTamd64]\nd=__proto__,ROOT\\A\ne=constructor,ROOT\\B
[__proto__]\nReboot`;
    const { library } = compile([{ path: 'p/demo.inf', bytes: utf8(inf) }]);
    const target = library.packages['acme:p']?.targets[targetKey(WINDOWS_10)];
    expect(target?.models.map(({ install }) => install)).toEqual(['__proto__', undefined]);
    expect(Object.keys(target?.installs ?? {})).toEqual(['__proto__']);
    expect(JSON.parse(JSON.stringify(library))).toEqual(library);
  });

  test('that is damaged in any way is compiled or told', () => {
    const sound = Buffer.from(driverPackage(xenvbd)[0]?.bytes ?? []);
    const other = Buffer.from(driverPackage(xenbus)[0]?.bytes ?? []);
    fc.assert(
      fc.property(fc.array(infMutation(), { minLength: 1, maxLength: 4 }), (mutations) => {
        const bytes = mutations.reduce<Buffer>((before, change) => change(before, other), sound);
        const { packages, diagnostics } = compile([{ path: 'p/xenvbd.inf', bytes: new Uint8Array(bytes) }]);
        expect(packages.length + diagnostics.length).toBeGreaterThan(0);
      }),
      { numRuns: fuzzRuns(150) },
    );
  });

  test('beside others in one folder has a key of its own', () => {
    const both = [...driverPackage(xenbus), ...driverPackage(xenvbd)];
    expect(compile(both).packages).toEqual(['acme:xenbus', 'acme:xenvbd']);
  });
});

describe('the signatures of a bundle', () => {
  test('count in the guests that trust the signer, for the Windows that the catalog is for', async () => {
    const { files, root } = await signedPackage();
    const states = (trust: readonly Uint8Array[], ...ids: readonly string[]) => {
      const [facts] = Object.values(compile(files, trust).library.packages);
      return ids.map((id) => facts?.signatures[signatureKey(guest(id))]?.state);
    };
    expect(states([root], 'windows-10-22h2-x64', 'windows-8.1-x64')).toEqual(['trusted', 'not-for-this-windows']);
    expect(states([], 'windows-10-22h2-x64')).toEqual(['untrusted']);
  });

  test('do not hold for a file that was changed afterwards', async () => {
    const { files, root } = await signedPackage();
    const changed = files.map((file) =>
      file.path === 'Demo.inf' ? { ...file, bytes: withComment(file.bytes) } : file,
    );
    const [facts] = Object.values(compile(changed, [root]).library.packages);
    expect(facts?.signatures[signatureKey(WINDOWS_10)]).toMatchObject({ state: 'altered' });
  });

  test('decide which images a kernel loads, for every switch of the guest', async () => {
    const { files, root } = await signedPackage();
    const bundle = compile(files, [root]);
    expect(bundle.nothingSigned).toBe(false);
    const own = Object.values(bundle.library.images).find(({ machine }) => machine === 'x64');
    const loads = (testSigning: boolean) => own?.loads[policyKey({ ...WINDOWS_10, secureBoot: false, testSigning })];
    expect([loads(true)?.loads, loads(false)?.loads]).toEqual(['yes', 'no']);
  });
});

const withComment = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([bytes, Buffer.from('\r\n; more\r\n')]));

describeCorpus('the rendered suites of real releases', ({ file, path }) => {
  const SUITES = readdirSync(path('xen/rendered'));
  const suite = (name: string) =>
    compile(
      readdirSync(path(`xen/rendered/${name}`)).map((inf) => ({
        path: inf,
        bytes: file(`xen/rendered/${name}/${inf}`),
      })),
    );

  test.each(SUITES)('%s: every INF is for every Windows of its architecture, and nothing of it is left out', (name) => {
    const bundle = suite(name);
    expect(bundle.diagnostics).toEqual([]);
    const guests = guestSpecs().filter(({ arch }) => arch === 'x64');
    for (const facts of Object.values(bundle.library.packages)) {
      expect(Object.keys(facts.targets).sort()).toEqual([...new Set(guests.map(targetKey))].sort());
      const installs = Object.values(facts.targets).flatMap((target) => Object.values(target.installs));
      // Who may ask the WMI classes of xeniface is not modelled.
      expect(
        new Set(installs.flatMap(({ unmodelled }) => unmodelled).filter((one) => !/WMIInterface/.test(one))),
      ).toEqual(new Set());
      expect(installs.every(({ copyFiles }) => copyFiles.every(({ folder }) => folder !== undefined))).toBe(true);
    }
  });
});

describeCorpus('real INFs of others', ({ file, path }) => {
  test.each(readdirSync(path('inf')).filter((name) => /\.(inf|inx|in)$/.test(name)))('%s compiles', (name) => {
    const { library, diagnostics } = compile([{ path: 'p/driver.inf', bytes: file(`inf/${name}`) }]);
    expect(Object.keys(library.packages).length + diagnostics.length).toBeGreaterThan(0);
  });
});
