import type { Diagnostic } from '../../../../core/errors.ts';
import { editDistance } from '../../../../core/spelling.ts';
import type { InfLine, InfSection } from '../document.ts';
import { allWrites, type PvFacts, pvProblem, serviceOf } from './facts.ts';

/** What the sections say that install a device, its services and its registry values. */
const DIRECTIVES: readonly string[] = [
  ...['AddReg', 'DelReg', 'BitReg', 'CopyFiles', 'DelFiles', 'RenFiles', 'Include', 'Needs', 'Characteristics'],
  ...['BusType', 'FeatureScore', 'AddService', 'DelService', 'AddInterface', 'WMIInterface', 'AddComponent'],
  ...['AddFilter', 'AddSoftware', 'DisplayName', 'Description', 'ServiceType', 'StartType', 'ErrorControl'],
  ...['ServiceBinary', 'LoadOrderGroup', 'Dependencies', 'BootFlags', 'Security', 'DriverVer', 'Reboot', 'ExcludeID'],
  ...['StartName', 'ServiceSidType', 'FailureActions', 'AddTrigger', 'DelayedAutoStart', 'AddPowerSetting'],
  ...['LogConfig', 'UpdateInis', 'UpdateIniFields', 'Ini2Reg', 'RegisterDlls', 'UnregisterDlls', 'ProfileItems'],
  ...['AddEventProvider', 'AddProperty', 'DelProperty', 'AutoExePolicy', 'DefaultInstall'],
];
const known = new Set(DIRECTIVES.map((name) => name.toLowerCase()));
const OTHER_SECTIONS = /^(strings|version|manufacturer|sourcedisks|destinationdirs|controlflags)/i;

/** Values that the drivers and Windows read by these names (spec xen-pv 3.1, 3.5). */
const VALUES: readonly string[] = [
  ...['SupportedClasses', 'SyntheticClasses', 'RequestKey', 'DialogTitle', 'DialogText', 'DialogQuestion'],
  ...['BootFlags', 'FrontendMaxQueues', 'max-ring-page-order', 'multi-queue-max-queues', 'PnpInterface'],
  ...['SanPolicy', 'TimeOutValue', 'DisableCDDB', 'DontStartRawDevices', 'UpperFilters', 'LowerFilters'],
  ...['Internal_IDE_Channel', 'Executable', 'CoInstallers32', 'DialogMessage', 'AutoReboot'],
];
const knownValues = new Set(VALUES.map((name) => name.toLowerCase()));
/** Short names are near to too many others. */
const SHORTEST = 5;

/** The known name that a word is one slip away from: two letters more, fewer or swapped at most. */
const meant = (word: string, names: readonly string[]): string | undefined => {
  if (word.length < SHORTEST || word.length > 40) return undefined;
  const lower = word.toLowerCase();
  return names.find(
    (name) => Math.abs(name.length - word.length) <= 1 && editDistance(lower, name.toLowerCase()) === 1,
  );
};

const isOfDirectives = ({ name, lines }: InfSection): boolean =>
  !OTHER_SECTIONS.test(name) && lines.some(({ key }) => key !== null && known.has(key.toLowerCase()));

const misspelt = (facts: PvFacts, line: number, word: string, name: string): Diagnostic =>
  pvProblem(facts, 'PV_REGISTRY_LINE', `"${word}" is no name that anything reads; ${name} is meant.`, {
    line,
    token: word,
    failureMode: 'F30',
    hint: `Write ${name}.`,
  });

const checkDirective = (facts: PvFacts, { key, line }: InfLine): readonly Diagnostic[] => {
  if (key === null || known.has(key.toLowerCase())) return [];
  const name = meant(key, DIRECTIVES);
  return name === undefined ? [] : [misspelt(facts, line, key, name)];
};

const ASSOCIATE = 0x2;

/** F30: an install section whose services Windows does not find, so that its device has no driver. */
export const checkFunctionDriver = (facts: PvFacts): readonly Diagnostic[] =>
  facts.ids.length === 0 || facts.kind === 'child'
    ? []
    : facts.installs
        .filter(({ services }) => !services.some(({ flags }) => (flags & ASSOCIATE) !== 0))
        .map(({ section: { name, headers } }) =>
          pvProblem(facts, 'PV_REGISTRY_LINE', `[${name}] gets no service that drives its device.`, {
            line: headers[0],
            failureMode: 'F30',
            hint: `Write AddService with the flags 0x00000002 in [${name}.Services].`,
          }),
        );

/** F30: NDIS binds a network card by the service that its INF names once more. */
export const checkNetworkService = (facts: PvFacts): readonly Diagnostic[] =>
  facts.installs.flatMap((install) =>
    install.registry
      .filter(({ scope, key, name }) => scope === 'software' && /^hkr\\ndi$/i.test(key) && /^service$/i.test(name))
      .filter(({ value }) => serviceOf(install, String(value)) === undefined)
      .map(({ line, value }) =>
        pvProblem(facts, 'PV_REGISTRY_LINE', `Ndi names the service "${String(value)}", which the INF does not add.`, {
          line,
          token: String(value),
          failureMode: 'F30',
          hint: 'Name the service that drives the card.',
        }),
      ),
  );

/** F30: a directive or a value under a name that differs by one slip from one that counts. */
export const checkSpelling = (facts: PvFacts): readonly Diagnostic[] => {
  const directives = facts.document.sections
    .filter(isOfDirectives)
    .flatMap(({ lines }) => lines.flatMap((line) => checkDirective(facts, line)));
  const found = new Map<string, Diagnostic>();
  for (const { name, line } of facts.installs.flatMap(allWrites)) {
    if (knownValues.has(name.toLowerCase()) || found.has(`${line} ${name}`)) continue;
    const value = meant(name, VALUES);
    if (value !== undefined) found.set(`${line} ${name}`, misspelt(facts, line ?? 0, name, value));
  }
  return [...directives, ...found.values()];
};
