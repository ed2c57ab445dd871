import { readFileSync } from 'node:fs';
import { utf8 } from '../../core/bytes.ts';
import { isInShare } from '../../emulator/cloud/windows-update/availability.ts';
import { type FleetLabel, parseLabels } from '../../emulator/fleet/label.ts';
import { chidsOf, smbiosSchema } from '../../emulator/fleet/machines/chids.ts';
import { machineOf } from '../../emulator/fleet/machines/machine.ts';
import { parseWindows } from '../../emulator/fleet/machines/windows-release.ts';
import { CHANNELS, type Channel } from '../../emulator/fleet/offers/channels.ts';
import { fleetEvaluation } from '../../emulator/fleet/offers/evaluate.ts';
import { type FleetPackage, fleetPackage } from '../../emulator/fleet/offers/package.ts';
import { formatRank } from '../../emulator/guest/rank.ts';
import { packageView } from '../../packaging/bundle/package-view.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

/** What comes of a machine, as the document writes it. */
export interface WorkedAnswer {
  readonly offers: readonly string[];
  readonly reasons: readonly string[];
}

/** A machine of the document, with what is asked. */
export interface WorkedMachine extends WorkedAnswer {
  readonly title: string;
  readonly block: Fields;
  readonly changes: readonly (WorkedAnswer & { readonly because: string; readonly set: Fields })[];
}

const fieldsOf = (value: Json | undefined): Fields => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`no object: ${JSON.stringify(value)}`);
};
const textOf = (value: Json | undefined): string => {
  if (typeof value !== 'string') throw new Error(`no text: ${JSON.stringify(value)}`);
  return value;
};
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const textsOf = (value: Json | undefined): readonly string[] => listOf(value).map((one) => textOf(one));

interface Block {
  readonly title: string;
  /** What stands after the three marks. */
  readonly head: readonly string[];
  readonly text: string;
}

const blocksOf = (markdown: string): readonly Block[] => {
  const blocks: Block[] = [];
  let title = '';
  for (const part of markdown.split(/^(?=## |```)/m)) {
    if (part.startsWith('## ')) title = part.slice(3, part.indexOf('\n'));
    const [, head = '', text = ''] = /^```(\w+ [^\n]*)\n([\s\S]*)$/.exec(part) ?? [];
    if (head !== '') blocks.push({ title, head: head.split(' '), text });
  }
  return blocks;
};

const packageFrom = ({ head, text }: Block): FleetPackage => {
  const [, brand = '', driver = '', version = '', ...facts] = head;
  const fact = (name: string): string | undefined =>
    facts.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const path = `${driver}.inf`;
  const [inf] = packageView([{ path, bytes: utf8(text) }], (one) => one).infs;
  if (inf === undefined) throw new Error(`no INF: ${head.join(' ')}`);
  const [prefix, rows] = [fact('prefix'), fact('rows')?.split(',')];
  const bus =
    prefix === undefined || rows === undefined
      ? undefined
      : { image: driver, prefix, rows, built: '2026-05-01', line: 'master' };
  return fleetPackage(inf, { key: `${brand} ${driver} ${version}`, brand, bus });
};

/** The computer ids of the one machine that has SMBIOS, by their level. */
const XEN_CHIDS = new Map(
  [
    ...chidsOf(
      smbiosSchema.parse({
        ...{ manufacturer: 'Xen', productName: 'HVM domU', biosVendor: 'Xen', biosVersion: '4.17' },
        ...{ biosMajor: 4, biosMinor: 17 },
      }),
    ),
  ].map(([chid, level]) => [String(level), chid] as const),
);
const chidNamed = (level: string): string => XEN_CHIDS.get(level) ?? level;

const labelsFrom = (written: Fields): readonly FleetLabel[] => {
  const labels = Object.entries(written).map(([id, value]) => {
    const { rows, chids, floor, ceiling, audience, signature = 'whql', ...label } = fieldsOf(value);
    const { ids, codes } = fieldsOf(rows);
    const hardwareIds = textsOf(ids).flatMap((pnpString) =>
      textsOf(codes).map((operatingSystemCode) => ({
        ...{ bundleId: 'bundle', infId: `${textOf(label.driver)}.inf`, operatingSystemCode, pnpString },
      })),
    );
    const targeting = {
      hardwareIds,
      chids: textsOf(chids).map((level) => ({ chid: chidNamed(level) })),
      restrictedToAudiences: audience === undefined ? [] : [audience],
      inServicePublishInfo: {
        ...(floor === undefined ? {} : { flooring: floor }),
        ...(ceiling === undefined ? {} : { ceiling }),
      },
    };
    return { id, ...label, signature, destination: 'windowsUpdate', targeting };
  });
  return parseLabels(utf8(JSON.stringify(labels)), 'labels.json');
};

/** A copy with one value replaced; null takes it away. */
const replaced = (value: Json | undefined, path: readonly string[], to: Json): Json => {
  const [key = '', ...rest] = path;
  if (path.length === 0) return to;
  if (Array.isArray(value))
    return value.map((one: Json, index) => (String(index) === key ? replaced(one, rest, to) : one));
  const before = typeof value === 'string' ? { device: value } : fieldsOf(value ?? {});
  const { [key]: old, ...others } = before;
  return rest.length === 0 && to === null ? others : { ...others, [key]: replaced(old, rest, to) };
};

export const withChanges = (block: Fields, set: Fields): Fields =>
  Object.entries(set).reduce<Fields>((before, [path, to]) => fieldsOf(replaced(before, path.split('.'), to)), block);

export interface WorkedFleet {
  readonly machines: readonly WorkedMachine[];
  readonly labels: readonly FleetLabel[];
  readonly packages: readonly FleetPackage[];
  /** A machine's line, as a fleet has it. */
  lineOf(block: Fields): Fields;
  answerOf(block: Fields): WorkedAnswer;
}

const answerIn = (value: Fields): WorkedAnswer => ({
  offers: textsOf(value.offers),
  reasons: textsOf(value.reasons),
});

const channelOf = (value: Json | undefined): Channel => CHANNELS.find((one) => one === value) ?? 'any';

/** Reads the document of worked machines. */
export const readWorkedFleet = (file: string): WorkedFleet => {
  const blocks = blocksOf(readFileSync(file, 'utf8'));
  const json = (name: string): Fields => {
    const block = blocks.find(({ head }) => head[1] === name);
    return fieldsOf(JSON.parse(block?.text.replace(/```[\s\S]*$/, '') ?? 'null'));
  };
  const packages = blocks.filter(({ head }) => head[0] === 'inf').map(packageFrom);
  const [devices, drivers, labels] = [json('devices'), json('drivers'), labelsFrom(json('labels'))];
  const packageOf = ({ brand, driver, version }: FleetLabel): readonly FleetPackage[] =>
    packages.filter((one) => one.key === `${brand} ${driver} ${version}`);

  const deviceFrom = (written: Json): Fields => {
    const { device, driver, set, ...more } =
      typeof written === 'string' ? ({ device: written } as Fields) : fieldsOf(written);
    const own =
      driver === undefined || driver === null ? null : { ...fieldsOf(drivers[textOf(driver)]), ...fieldsOf(set ?? {}) };
    const told = own === null ? null : Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null));
    return { ...fieldsOf(devices[textOf(device)]), driver: told, ...more };
  };
  const lineOf = (block: Fields): Fields => {
    const machine = fieldsOf(block.machine);
    const chids = machine.chids;
    return {
      ...machine,
      devices: listOf(machine.devices).map(deviceFrom),
      ...(chids === undefined
        ? {}
        : { chids: textsOf(chids).map((one) => one.replace(/CHID-(\d+)/, (_, level: string) => chidNamed(level))) }),
    };
  };
  const answerOf = (block: Fields): WorkedAnswer => {
    const { id, configuration } = machineOf(lineOf(block));
    const asked = textsOf(block.labels);
    const at = Date.parse(textOf(block.at ?? '2026-10-01'));
    const upgradeTo = parseWindows(textOf(block.upgradeTo ?? ''));
    const { rolling, offersFor } = fleetEvaluation({
      labels: asked.flatMap((name) => labels.filter((one) => one.id === name)),
      ...{ packagesOf: packageOf, at, channel: channelOf(block.channel) },
      inbox: textsOf(block.inbox).flatMap((brand) => packages.filter((one) => one.brand === brand)),
      ...(upgradeTo === undefined ? {} : { upgradeTo }),
    });
    const isIn = (label: FleetLabel): boolean =>
      rolling.every((one) => one.label !== label || isInShare(id, label.id, one.share));
    const { offers, reasons } = offersFor(configuration, isIn);
    // Devices of one machine: those of two may have one path.
    const own = listOf(fieldsOf(block.machine).devices).map((one) =>
      typeof one === 'string' ? one : textOf(fieldsOf(one).device),
    );
    const names = new Map(own.map((name) => [textOf(fieldsOf(devices[name]).id), name]));
    const shown = (device: string | null): string => (device === null ? '-' : (names.get(device) ?? device));
    return {
      offers: offers.map(
        ({ device, label, channel, rank }) => `${shown(device)} < ${label.id}, ${channel}, ${formatRank(rank)}`,
      ),
      reasons: reasons.map(({ device, label, code }) => `${shown(device)} ${label ?? '-'} ${code}`).sort(),
    };
  };
  const machines = blocks
    .filter(({ head }) => head[1] === 'machine')
    .map(({ title, text }): WorkedMachine => {
      const { changes, ...block } = fieldsOf(JSON.parse(text.replace(/```[\s\S]*$/, '')));
      return {
        ...{ title, block, ...answerIn(block) },
        changes: listOf(changes).map((one) => {
          const change = fieldsOf(one);
          return { because: textOf(change.because), set: fieldsOf(change.set), ...answerIn(change) };
        }),
      };
    });
  return { machines, labels, packages, lineOf, answerOf };
};
