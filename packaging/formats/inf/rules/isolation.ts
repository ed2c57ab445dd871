import { lineOf, sectionOf } from '../document.ts';
import { REGISTRY_FLAGS } from '../registry.ts';
import type { RuleContext, RuleFinding, RuleGroup, RuleTarget } from './contract.ts';
import { type FileList, fileLists } from './file-lists.ts';
import { fieldOf, findingOn, judgedFrom, targetsFrom } from './line-facts.ts';
import {
  hasNoData,
  isKeyOpen,
  isUsedBy,
  keyOf,
  type RegistryLine,
  registryLines,
  valueName,
} from './registry-lines.ts';
import { isSystemDirid, isUniversalPlace, isWhqlDirid, isWhqlPlace } from './registry-places.ts';

type Findings = readonly RuleFinding[];

/** The Windows whose kit brought mode h (11 24H2), and that whose service sections have BootFlags. */
const WHQL_BUILD = 26100;
/**
 * Since which Windows mode h holds services to their subkey Parameters: 11 25H2. Before, SYSTEM\CurrentControlSet was an
 * exception (infverif.md section 6); reports of its kit have 1323 (virtio-win/kvm-guest-drivers-windows pull request 1445).
 */
const SERVICE_BUILD = 26200;
const BOOT_FLAGS_BUILD = 25398;
const DRIVER_STORE = 13;
/**
 * 1340 and 1341 say the same of two groups of directory ids, and which are in which is not documented: a guess is that
 * the folders of the shell (from 16384) are the second.
 */
const FIRST_SHELL_FOLDER = 16384;

/** The targets that isolation counts for in this mode; undefined when it does not count. */
const isolatedTargets = (context: RuleContext): ReadonlySet<RuleTarget> | undefined => {
  const { mode, isolationBuild } = context.options;
  if (mode === 'w') return targetsFrom(context, isolationBuild);
  if (mode === 'h') return judgedFrom(context, WHQL_BUILD);
  return undefined;
};

const firstOf = (targets: readonly RuleTarget[], wanted: ReadonlySet<RuleTarget>): RuleTarget | undefined =>
  targets.find((target) => wanted.has(target));

/** 1320 for a key, 1321 for a value. */
const outside = (entry: RegistryLine, target: RuleTarget): RuleFinding => {
  const { role, line, root } = entry;
  const key = hasNoData(entry) && entry.name === '';
  const message = key
    ? `AddReg makes ${keyOf(entry)}, which is not a key of the device or the service.`
    : `AddReg writes ${valueName(entry)} to ${keyOf(entry)}, which is not a key of the device or the service.`;
  return findingOn(key ? 1320 : 1321, role.section, line, message, { token: root, target: target.os });
};

const checkRegistry = (context: RuleContext, isolated: ReadonlySet<RuleTarget>): Findings => {
  const allows = context.options.mode === 'h' ? isWhqlPlace : (root: string): boolean => root === 'HKR';
  return registryLines(context).flatMap((entry) => {
    const target = firstOf(entry.role.targets, isolated);
    if (target === undefined || isKeyOpen(entry) || entry.root === '' || allows(entry.root, entry.subkey)) return [];
    return [outside(entry, target)];
  });
};

const checkService = (entry: RegistryLine, isolated: ReadonlySet<RuleTarget>): Findings => {
  const { role, line, root, subkey } = entry;
  const target = firstOf(role.targets, isolated);
  if (root !== 'HKR' || target === undefined || !isUsedBy(entry, 'service') || /^parameters(\\|$)/i.test(subkey)) {
    return [];
  }
  const message = `${capital(valueName(entry))} of the service is outside its subkey Parameters.`;
  return [findingOn(1323, role.section, line, message, { target: target.os })];
};

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const isFilterValue = (entry: RegistryLine): boolean =>
  entry.root === 'HKR' && entry.subkey === '' && /^(upper|lower)filters$/i.test(entry.name) && isUsedBy(entry, 'hw');

const checkFilterValues = (context: RuleContext, isolated: ReadonlySet<RuleTarget> | undefined): Findings =>
  registryLines(context)
    .filter(isFilterValue)
    .flatMap(({ role, line, name }) => {
      const found: RuleFinding[] = [];
      const message = `The filter is added by the value "${name}".`;
      const target = isolated === undefined ? undefined : firstOf(role.targets, isolated);
      if (target !== undefined) found.push(findingOn(1329, role.section, line, message, { target: target.os }));
      if (context.isExtension) found.push(findingOn(1384, role.section, line, message, { token: name }));
      return found;
    });

const describe = ({ name, place }: FileList): string =>
  `${name === '@' ? 'Files named by CopyFiles themselves' : `The files of ${name}`} go to directory id ${place.dirid}`;

const onPlace = (code: number, list: FileList, message: string, target?: RuleTarget): Findings => {
  const { place, section } = list;
  if (place.line === undefined) return [];
  const detail = target === undefined ? {} : { target: target.os };
  return [{ code, section: section.name, line: place.line.line, message, token: fieldOf(place.line, 0), ...detail }];
};

/** Where CopyFiles puts files, by mode. */
const checkDestination = (
  context: RuleContext,
  list: FileList,
  isolated: ReadonlySet<RuleTarget> | undefined,
): Findings => {
  const { dirid } = list.place;
  if (dirid === undefined || dirid === DRIVER_STORE) return [];
  if (isolated === undefined) {
    if (isSystemDirid(dirid)) return [];
    return onPlace(1306, list, `${describe(list)}, which is outside the folders of the system.`);
  }
  const target = firstOf(list.targets, isolated);
  if (target === undefined) return [];
  const deprecated = isWhqlDirid(dirid)
    ? []
    : onPlace(
        dirid < FIRST_SHELL_FOLDER ? 1340 : 1341,
        list,
        `${describe(list)}, which drivers may no longer use.`,
        target,
      );
  if (context.options.mode === 'h') return deprecated;
  return [...onPlace(1322, list, `${describe(list)} instead of staying in the driver store.`, target), ...deprecated];
};

/** AddReg lines that are not relative to the device, for modes that allow some places (1304). */
const checkRelative = (context: RuleContext): Findings =>
  registryLines(context)
    .filter((entry) => !isKeyOpen(entry) && entry.root !== '' && !isUniversalPlace(entry.root, entry.subkey))
    .map((entry) => {
      const message = `AddReg writes to ${keyOf(entry)}, which is not relative to the device (HKR).`;
      return findingOn(1304, entry.role.section, entry.line, message, { token: entry.root });
    });

const DELETE_STRING = 0x00018002;

/** Texts appended to a list, or taken out of it (1305). */
const checkLists = (context: RuleContext): Findings => [
  ...registryLines(context)
    .filter(({ flags = 0 }) => (flags & REGISTRY_FLAGS.append) !== 0 && (flags & 0xffff0001) >>> 0 === 0x00010000)
    .map((entry) =>
      findingOn(
        1305,
        entry.role.section,
        entry.line,
        `AddReg appends to ${valueName(entry)}, which is a list of texts.`,
      ),
    ),
  ...context
    .of('del-reg')
    .flatMap(({ section }) =>
      section.lines
        .filter((line) => Number(fieldOf(line, 3)) === DELETE_STRING)
        .map((line) => findingOn(1305, section, line, `DelReg takes a text out of the list "${fieldOf(line, 2)}".`)),
    ),
];

/** BootFlags has a directive of its own since build 25398. */
const checkBootFlags = (context: RuleContext): Findings => {
  const current = targetsFrom(context, BOOT_FLAGS_BUILD);
  if ((context.options.ruleBuild ?? BOOT_FLAGS_BUILD) < BOOT_FLAGS_BUILD) return [];
  return registryLines(context)
    .filter((entry) => entry.root === 'HKR' && entry.subkey === '' && entry.name.toLowerCase() === 'bootflags')
    .filter((entry) => isUsedBy(entry, 'service'))
    .flatMap(({ role, line, name }) => {
      const target = firstOf(role.targets, current);
      if (target === undefined) return [];
      const message = 'BootFlags of a service is set by AddReg; Windows 11 has a directive for it since build 25398.';
      const hint =
        'Write BootFlags in the service section, behind a Models section decorated with build 25398; keep AddReg for older Windows.';
      // Which values 1430 is for is not documented.
      const detail = { token: name, target: target.os, hint, atMost: 'W' as const };
      return [findingOn(1430, role.section, line, message, detail)];
    });
};

const checkLockdown = (context: RuleContext): Findings => {
  const version = sectionOf(context.document, 'Version');
  if (version === undefined || context.model.version.pnpLockdown) return [];
  const line = lineOf(version, 'PnpLockdown');
  const at = line?.line ?? version.headers[0] ?? 1;
  const message = '[Version] does not say PnpLockdown=1, so programs may change the files of the driver.';
  return [{ code: 1324, section: version.name, line: at, message }];
};

/** What isolation asks for, and the weaker rules of other modes about the same (spec infverif.md sections 3, 5 and 6). */
export const isolationRules: RuleGroup = (context) => {
  const isolated = isolatedTargets(context);
  const { mode } = context.options;
  const lines = registryLines(context);
  const services = mode === 'h' ? judgedFrom(context, SERVICE_BUILD) : (isolated ?? new Set<RuleTarget>());
  return [
    ...checkLockdown(context),
    ...fileLists(context).flatMap((list) => checkDestination(context, list, isolated)),
    ...checkFilterValues(context, isolated),
    ...checkLists(context),
    ...checkBootFlags(context),
    ...(isolated === undefined ? checkRelative(context) : checkRegistry(context, isolated)),
    ...(isolated === undefined ? [] : lines.flatMap((entry) => checkService(entry, services))),
  ];
};
