import { describe, expect, test } from 'vitest';
import { driverNamed, generationOf } from '../../drivers/index.ts';
import { type InfService, installTarget, type RegistryWrite } from '../../packaging/formats/inf/model.ts';
import { describeCorpus } from '../support/outside.ts';
import {
  type RenderedInf,
  readInf,
  renderDriver,
  type TestBrand,
  WITH_EVERYTHING,
  windows10,
  XEN_PROJECT,
} from './render.ts';

const registryLine = (owner: string, { scope, key, name, flags, type, value }: RegistryWrite): string =>
  [owner, scope, key, name, type, `0x${flags.toString(16)}`, JSON.stringify(value)].join(' | ');

const serviceLine = (service: InfService): string =>
  [
    'service',
    service.name,
    `flags ${service.flags}`,
    `type ${service.serviceType}`,
    `start ${service.startType}`,
    `error ${service.errorControl}`,
    service.binary,
    service.loadOrderGroup,
    service.displayName,
    service.description,
  ].join(' | ');

/** All that an INF does to a Windows, one line for each fact, without the names of its sections and the order in them. */
const effectOf = ({ document, model }: RenderedInf): readonly string[] => {
  const target = installTarget(document, model, windows10('x64'));
  const { version } = model;
  return [
    `version | ${version.class.toLowerCase()} ${version.classGuid.toLowerCase()} | ${version.provider}`,
    `catalog | ${version.catalogFiles.default} | lockdown ${version.pnpLockdown} | ${version.driverVer?.text}`,
    `package | ${version.entries.DriverPackageDisplayName}`,
    ...model.devices.map(
      ({ os, description, manufacturer, ids }, index) =>
        `device ${index} | ${os} | ${manufacturer} | ${description} | ${ids.join(', ')}`,
    ),
    ...document.sections.flatMap(({ lines }) =>
      lines.filter(({ rawKey }) => rawKey === 'FeatureScore').map(({ fields }) => `score | ${fields.join(',')}`),
    ),
    ...target.files.map(
      ({ name, source, sourcePath, dirid, subdir, flags }) =>
        `file | ${name} | ${source} | ${sourcePath} | ${dirid} | ${subdir} | ${flags}`,
    ),
    ...target.services.map(serviceLine),
    ...target.services.flatMap(({ name, registry }) => registry.map((write) => registryLine(name, write))),
    ...target.registry.map((write) => registryLine('device', write)),
  ].sort();
};

const differences = (ours: readonly string[], theirs: readonly string[]): unknown => ({
  onlyOurs: ours.filter((line) => !theirs.includes(line)),
  onlyTheirs: theirs.filter((line) => !ours.includes(line)),
});

interface Case {
  readonly driver: string;
  readonly line: string;
  readonly suite: string;
  readonly brand: TestBrand;
}

const LINE_8_2: TestBrand = { ...XEN_PROJECT, version: '8.2.1.17', infDate: '04/23/2018' };
const XENSERVER: TestBrand = {
  ...LINE_8_2,
  vendorName: 'XenServer',
  productName: 'XenServer',
  vendorPrefix: 'XS',
  vendorDeviceId: 'C000',
  version: '8.2.1.117',
};

const cases: readonly Case[] = [
  { driver: 'xenbus', line: '9.1', suite: 'xp-9.1-head', brand: XEN_PROJECT },
  { driver: 'xenbus', line: '9.1', suite: 'xz-c1f0-9.1-head', brand: WITH_EVERYTHING },
  { driver: 'xenbus', line: '8.2', suite: 'xp-8.2.1', brand: LINE_8_2 },
  { driver: 'xenbus', line: '8.2', suite: 'xs-8.2.1', brand: XENSERVER },
  { driver: 'xenvbd', line: '9.1', suite: 'xp-9.1-head', brand: XEN_PROJECT },
  { driver: 'xenvbd', line: '9.1', suite: 'xz-c1f0-9.1-head', brand: WITH_EVERYTHING },
  { driver: 'xenvbd', line: '8.2', suite: 'xp-8.2.1', brand: LINE_8_2 },
  { driver: 'xenvbd', line: '8.2', suite: 'xs-8.2.1', brand: XENSERVER },
];

/**
 * Where our templates differ from upstream's on purpose: the words of the restart dialog and of the monitor's
 * description are our own, because they are prose and nothing compares them. Everything else must be equal, in
 * particular the display names, which old co-installers compare (spec xen-pv 3.1).
 */
const OWN_WORDS = /\| (DialogText|DialogQuestion|DialogMessage) \||^service \| xenbus_monitor \|/;

const factsOf = (inf: RenderedInf): readonly string[] =>
  effectOf(inf).map((line) => {
    if (!OWN_WORDS.test(line)) return line;
    const fields = line.split(' | ');
    return [...fields.slice(0, -1), fields.at(-1) === '' ? 'no words' : 'words'].join(' | ');
  });

describeCorpus('our templates do to Windows what upstream does', ({ file }) => {
  test.each(cases)('$driver of the $line line, as in $suite', ({ driver, line, suite, brand }) => {
    const definition = driverNamed(driver);
    const generation = generationOf(definition, line) ?? definition.generations[0];
    const ours = factsOf(renderDriver(definition, generation, brand));
    const theirs = factsOf(readInf(file(`xen/rendered/${suite}/${driver}.inf`), `${driver}.inf`));
    expect(differences(ours, theirs)).toEqual({ onlyOurs: [], onlyTheirs: [] });
    expect(ours).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(12);
  });

  test('and the comparison sees a difference in one value', () => {
    const theirs = readInf(file('xen/rendered/xp-9.1-head/xenvbd.inf'), 'xenvbd.inf');
    const text = Buffer.from(theirs.bytes).toString('latin1').replace('0x00010001,120', '0x00010001,121');
    const changed = readInf(new Uint8Array(Buffer.from(text, 'latin1')), 'xenvbd.inf');
    expect(factsOf(changed)).not.toEqual(factsOf(theirs));
  });
});

describe('the words that are a protocol', () => {
  test('stand in the definitions exactly as upstream has them', () => {
    expect(driverNamed('xenbus').title).toEqual({ package: 'PV Bus Package', device: 'PV Bus' });
    expect(driverNamed('xenvbd').title).toEqual({
      package: 'PV Storage Host Adapter Package',
      device: 'PV Storage Host Adapter',
    });
  });
});
