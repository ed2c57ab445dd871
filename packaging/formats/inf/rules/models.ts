import { type InfDocument, type InfLine, sectionOf } from '../document.ts';
import { parseInfFlags } from '../numbers.ts';
import { parseTargetOs } from '../target-os.ts';
import {
  directivesOf,
  type RuleContext,
  type RuleFinding,
  type RuleGroup,
  type RuleTarget,
  type TargetInstall,
} from './contract.ts';
import { policyLevel } from './line-facts.ts';

type Found = readonly RuleFinding[];

const FIRST_BUILD = 14310;

const decorations = ({ fields, raw, line }: InfLine): Found =>
  fields.slice(1).flatMap((text, index): Found => {
    if (text === '') return [];
    const token = raw[index + 1] ?? text;
    const os = parseTargetOs(text);
    if (!os.valid) {
      const message = `"${text}" is not the decoration of a Windows version.`;
      return [{ code: 1287, line, message, token }];
    }
    if (os.build === undefined) return [];
    const tooOld = (os.major ?? 0) < 10 || os.build < FIRST_BUILD;
    const message = `"${text}" has a build number, which Windows reads from 10.0 build ${FIRST_BUILD} on.`;
    return tooOld ? [{ code: 1288, line, message, token }] : [];
  });

/** [Manufacturer]: decorations, and whether the Models sections are there. */
const manufacturers = ({ document }: RuleContext): Found =>
  (sectionOf(document, 'Manufacturer')?.lines ?? []).flatMap((entry): Found => {
    const [models = '', ...targets] = entry.fields;
    const { line } = entry;
    const found = [...decorations(entry)];
    const has = (name: string): boolean => sectionOf(document, name) !== undefined;
    const decorated = targets.filter((os) => os !== '').map((os) => `${models}.${os}`);
    if (models === '' || ![models, ...decorated].some(has)) {
      const message =
        models === ''
          ? 'The entry of [Manufacturer] names no Models section.'
          : `There is no Models section [${decorated[0] ?? models}].`;
      return [...found, { code: 1011, line, section: 'Manufacturer', message, token: models }];
    }
    for (const name of decorated.filter((name) => !has(name))) {
      const message = `[Manufacturer] announces the Models section [${name}], which is not in this INF.`;
      found.push({ code: 1203, line, section: 'Manufacturer', message, token: name.slice(models.length + 1) });
    }
    if (decorated.length === 0) {
      const message = `The Models section [${models}] has no architecture, so it counts for x86 only.`;
      found.push({ code: 2010, line, section: 'Manufacturer', message, token: models });
    }
    return found;
  });

const modelLines = ({ model, targets }: RuleContext): Found => {
  const found: RuleFinding[] = [];
  for (const { installSection, ids, line, section } of model.devices) {
    if (installSection !== '' || ids.length === 0) continue;
    const message = `The device ${ids[0] ?? ''} has no install section.`;
    found.push({ code: 1271, line, section, message });
  }
  for (const { installs, os } of targets) {
    for (const { base, section, devices } of installs) {
      if (section !== undefined || base === '') continue;
      for (const device of devices) {
        const message = `The install section [${base}] is not in this INF.`;
        found.push({ code: 1261, line: device.line, section: device.section, message, token: base, target: os });
      }
    }
  }
  return found;
};

/** Classes whose devices are not driven by a service of their INF: they are no hardware, or the class drives them. */
const NO_SERVICE: ReadonlySet<string> = new Set([
  'extension',
  'printer',
  'printqueue',
  'monitor',
  'netservice',
  'nettrans',
  'netclient',
  'netdriver',
  'pnpprinters',
]);

/**
 * Classes for which Microsoft's own instructions have install sections without a service: later ones have
 * `AddService=,2`, as newer checkers ask.
 */
const ONCE_WITHOUT_SERVICE: ReadonlySet<string> = new Set(['firmware', 'modem']);

const ASSOCIATED = 2;

/** Tells whether the services of an install section give its devices a driver: AddService with flag 2, or an inbox INF. */
class Services {
  private readonly document: InfDocument;
  /** Services sections, in lower case, that were found not to. */
  private readonly without = new Set<string>();

  constructor(document: InfDocument) {
    this.document = document;
  }

  driverOf(install: string): boolean {
    const first = `${install}.services`.toLowerCase();
    const open = [first];
    const seen = new Set<string>();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next) || this.without.has(next)) continue;
      seen.add(next);
      const section = sectionOf(this.document, next);
      // What is needed and not here comes from an INF of Windows.
      if (section === undefined) return next !== first;
      const services = directivesOf(section, 'AddService');
      if (services.some(({ fields }) => (parseInfFlags(fields[1]) & ASSOCIATED) !== 0)) return true;
      for (const { fields } of directivesOf(section, 'Needs')) {
        for (const field of fields) if (field !== '') open.push(field.toLowerCase());
      }
    }
    for (const name of seen) this.without.add(name);
    return false;
  }
}

const withoutService = (known: Services, { os }: RuleTarget, install: TargetInstall): Found => {
  const { section, devices } = install;
  if (section === undefined || known.driverOf(section.name)) return [];
  const device = devices.find(({ hardwareId }) => hardwareId !== '');
  if (device === undefined) return [];
  const message = `[${section.name}.Services] gives the device ${device.hardwareId} no driver service.`;
  const line = section.headers[0] ?? device.line;
  return [{ code: 1296, line, section: section.name, message, target: os, token: section.name }];
};

const services = (context: RuleContext): Found => {
  const className = context.model.version.class.toLowerCase();
  if (context.isExtension || NO_SERVICE.has(className)) return [];
  const known = new Services(context.document);
  const level = ONCE_WITHOUT_SERVICE.has(className) ? policyLevel(context) : {};
  return context.targets.flatMap((target) =>
    target.installs.flatMap((install) =>
      withoutService(known, target, install).map((finding) => ({ ...finding, ...level })),
    ),
  );
};

const noDevices = ({ document, model }: RuleContext): Found => {
  const section = sectionOf(document, 'Manufacturer');
  if (section === undefined || model.devices.some(({ ids }) => ids.length > 0)) return [];
  const message = 'The INF has [Manufacturer] but no device id.';
  return [{ code: 1297, line: section.headers[0] ?? 1, section: 'Manufacturer', message }];
};

/** The hardware ids of a device that AddDevice makes: those of its section, or the instance id without its last part. */
const madeIds = (context: RuleContext, { fields }: InfLine): readonly string[] => {
  const [instance = '', , name = ''] = fields;
  const section = name === '' ? undefined : sectionOf(context.document, name);
  const own = section === undefined ? [] : directivesOf(section, 'HardwareIds').flatMap((line) => line.fields);
  if (own.length > 0) return own;
  const end = instance.lastIndexOf('\\');
  return end <= 0 ? [] : [instance.slice(0, end)];
};

/** [DeviceInstall32] makes devices, which must be among those of the Models sections. */
const rootDevices = (context: RuleContext): Found => {
  const known = new Set(context.model.devices.flatMap(({ ids }) => ids.map((id) => id.toLowerCase())));
  return context.of('device-install32').flatMap(({ section }) =>
    directivesOf(section, 'AddDevice').flatMap((entry): Found => {
      const ids = madeIds(context, entry);
      if (ids.length === 0 || ids.some((id) => known.has(id.toLowerCase()))) return [];
      const message = `[${section.name}] makes a device ${ids[0] ?? ''}, which no Models line is for.`;
      return [{ code: 1270, line: entry.line, section: section.name, message, token: entry.raw[0] ?? '' }];
    }),
  );
};

const RULES = [manufacturers, modelLines, services, noDevices, rootDevices];

/** Rules about devices, and which Windows they are for (spec inf.md section 7). */
export const modelRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
