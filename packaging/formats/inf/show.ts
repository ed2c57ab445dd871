import { formatDate } from '../../../core/date.ts';
import { formatVersion } from '../../../core/version.ts';
import type { InfDocument } from './document.ts';
import { installTarget } from './install.ts';
import type { InfDevice, InfDriverVer, InfModel, InfVersion } from './model.ts';
import type { RegistryWrite } from './registry.ts';
import { selectModels } from './select-models.ts';
import type { WindowsTarget } from './target-os.ts';
import type { InfEncoding } from './text.ts';

export interface ShownRegistry extends Pick<RegistryWrite, 'key' | 'name' | 'type' | 'value'> {
  readonly flags: number;
  readonly line: number;
}

/** What installing on one Windows does, as `winpv inf show --os` prints it. Numbers that the INF lacks are null. */
export interface ShownTarget {
  readonly sections: readonly string[];
  readonly files: readonly {
    readonly name: string;
    readonly source: string;
    readonly sourcePath: string | null;
    readonly dirid: number | null;
    readonly subdir: string;
  }[];
  readonly services: readonly {
    readonly name: string;
    readonly flags: number;
    readonly serviceType: number | null;
    readonly startType: number | null;
    readonly errorControl: number | null;
    readonly binary: string;
    readonly loadOrderGroup: string;
    readonly displayName: string;
    readonly registry: readonly ShownRegistry[];
  }[];
  readonly registry: readonly ShownRegistry[];
}

/** An INF as `winpv inf show --json` prints it: plain data. */
export interface ShownInf {
  readonly encoding: InfEncoding;
  readonly sections: readonly {
    readonly name: string;
    readonly lines: readonly {
      readonly key: string | null;
      readonly fields: readonly string[];
      readonly line: number;
    }[];
  }[];
  readonly version: Omit<InfVersion, 'driverVer'> & {
    /** Date as YYYY-MM-DD, version with four parts; null where the INF has none that is valid. */
    readonly driverVer: { readonly date: string | null; readonly version: string | null; readonly text: string } | null;
  };
  readonly manufacturers: readonly {
    readonly name: string;
    readonly models: string;
    readonly os: readonly string[];
    readonly line: number;
  }[];
  readonly devices: readonly {
    readonly section: string;
    readonly description: string;
    readonly manufacturer: string;
    readonly ids: readonly string[];
    readonly os: string;
    readonly installSection: string;
    readonly line: number;
  }[];
  readonly primitive: boolean;
  readonly target?: ShownTarget;
}

const showDriverVer = (driverVer: InfDriverVer | undefined): ShownInf['version']['driverVer'] => {
  if (driverVer === undefined) return null;
  const { date, version, text } = driverVer;
  return {
    date: date === undefined ? null : formatDate(date),
    version: version === undefined ? null : formatVersion(version),
    text,
  };
};

const showDevice = (device: InfDevice): ShownInf['devices'][number] => {
  const { section, description, manufacturer, ids, os, installSection, line } = device;
  return { section, description, manufacturer, ids, os, installSection, line };
};

const showRegistry = ({ key, name, type, value, flags, line }: RegistryWrite): ShownRegistry => ({
  key,
  name,
  type,
  value,
  flags,
  line,
});

/** @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE */
export const showInfTarget = (document: InfDocument, model: InfModel, target: WindowsTarget): ShownTarget => {
  const { sections, files, services, registry } = installTarget(document, model, target);
  return {
    sections,
    files: files.map(({ name, source, sourcePath, dirid, subdir }) => {
      return { name, source, sourcePath: sourcePath ?? null, dirid: dirid ?? null, subdir };
    }),
    services: services.map((service) => ({
      name: service.name,
      flags: service.flags,
      serviceType: service.serviceType ?? null,
      startType: service.startType ?? null,
      errorControl: service.errorControl ?? null,
      binary: service.binary,
      loadOrderGroup: service.loadOrderGroup,
      displayName: service.displayName,
      registry: service.registry.map(showRegistry),
    })),
    registry: registry.map(showRegistry),
  };
};

/**
 * An INF as data. With a target, the devices are those of the Models sections that this Windows chooses, and `target`
 * says what it installs.
 */
export const showInf = (document: InfDocument, model: InfModel, target?: WindowsTarget): ShownInf => {
  const { driverVer, ...version } = model.version;
  const devices =
    target === undefined ? model.devices : selectModels(model, target).flatMap((choice) => choice.devices);
  return {
    encoding: document.encoding,
    sections: document.sections.map(({ name, lines }) => ({
      name,
      lines: lines.map(({ key, fields, line }) => ({ key, fields, line })),
    })),
    version: { ...version, driverVer: showDriverVer(driverVer) },
    manufacturers: model.manufacturers.map(({ name, modelsName, targets, line }) => {
      return { name, models: modelsName, os: targets.map(({ text }) => text), line };
    }),
    devices: devices.map(showDevice),
    primitive: model.primitive,
    ...(target === undefined ? {} : { target: showInfTarget(document, model, target) }),
  };
};

const START_TYPES = ['boot', 'system', 'auto', 'demand', 'disabled'] as const;

const registryText = ({ key, name, type, value }: ShownRegistry): string => {
  if (type === 'KEY') return key;
  const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  return `${key}\\${name === '' ? '(default)' : name} = ${type} ${text}`.trimEnd();
};

const targetLines = (target: ShownTarget): readonly string[] => [
  '',
  `Installs ${target.sections.join(', ') || 'nothing on this Windows'}`,
  ...target.files.map(({ name, source, dirid, subdir }) => {
    const from = source.toLowerCase() === name.toLowerCase() ? '' : ` (from ${source})`;
    return `  file     ${name}${from} to dirid ${dirid ?? '?'}${subdir === '' ? '' : `\\${subdir}`}`;
  }),
  ...target.services.flatMap(({ name, startType, binary, registry }) => [
    `  service  ${name || '(none)'}  ${START_TYPES[startType ?? -1] ?? '?'}  ${binary}`,
    ...registry.map((write) => `             ${registryText(write)}`),
  ]),
  ...target.registry.map((write) => `  registry ${registryText(write)}`),
];

const deviceLines = (devices: ShownInf['devices']): readonly string[] =>
  devices.flatMap(({ description, manufacturer, section, installSection, ids }) => [
    '',
    `${description} (${manufacturer})  [${section}] -> [${installSection}]`,
    ...ids.map((id) => `  ${id}`),
  ]);

/** A file may hold control characters, which a terminal would obey. */
const visible = (line: string): string => line.replace(/\p{Cc}/gu, '\ufffd');

/** The same for people, without colour, one element a line. */
export const infLines = (shown: ShownInf): readonly string[] => {
  const { version } = shown;
  const catalogs = [...new Set(Object.values(version.catalogFiles))].join(', ');
  const rows: readonly (readonly [string, string])[] = [
    ['Class', [version.class, version.classGuid].filter((text) => text !== '').join(' ')],
    ['Provider', version.provider],
    ['DriverVer', version.driverVer?.text ?? ''],
    ['Catalog', catalogs],
    ['Encoding', shown.encoding],
    ['Sections', String(shown.sections.length)],
  ];
  return [
    ...rows.map(([name, text]) => `${name.padEnd(10)}${text || '(none)'}`),
    ...(shown.primitive ? ['A primitive driver: it installs without a device.'] : []),
    ...deviceLines(shown.devices),
    ...(shown.target === undefined ? [] : targetLines(shown.target)),
  ].map(visible);
};
