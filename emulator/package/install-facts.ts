import type { RegistryData } from '../../drivers/behaviour.ts';
import type { FileEffect } from '../../packaging/formats/inf/effects/file-effects.ts';
import type { InstallEffects } from '../../packaging/formats/inf/effects/install-effects.ts';
import type { RegistryEffect } from '../../packaging/formats/inf/effects/registry-effects.ts';
import type { ServiceEffect } from '../../packaging/formats/inf/effects/service-effects.ts';
import type { InstallFacts, PlacedFile, RegistryStep, ServiceStep } from './facts.ts';
import { type GuestPlaces, guestFolder, withFolders } from './guest-paths.ts';

/** Where an install section is put into effect. */
export interface InstallContext {
  readonly places: GuestPlaces;
  /** Key of the image of a source file; undefined when the package lacks it. */
  readonly imageAt: (sourcePath: string) => string | undefined;
}

const dataIn = (data: RegistryData, places: GuestPlaces): RegistryData => {
  if (typeof data === 'string') return withFolders(data, places);
  return Array.isArray(data) ? (data as readonly string[]).map((text) => withFolders(text, places)) : data;
};

const stepOf =
  (places: GuestPlaces) =>
  (effect: RegistryEffect): RegistryStep => ({
    ...effect,
    key: withFolders(effect.key, places).replace(/^\\+|\\+$/g, ''),
    name: withFolders(effect.name, places),
    data: dataIn(effect.data, places),
  });

const placed = (file: FileEffect, places: GuestPlaces): PlacedFile => ({
  name: file.name,
  folder: guestFolder(file, places),
  dirid: file.dirid,
  line: file.line,
});

/** An unknown folder leaves its number in the path. */
const binaryOf = (text: string, places: GuestPlaces): string | undefined => {
  const path = withFolders(text.trim(), places);
  return path === '' || path.startsWith('%') ? undefined : path;
};

const serviceStep = (service: ServiceEffect, places: GuestPlaces): ServiceStep => {
  const { does, name, flags, type, start, errorControl, group, displayName, description, dependencies, line } = service;
  const steps = (effects: readonly RegistryEffect[]): readonly RegistryStep[] => effects.map(stepOf(places));
  const { eventLog, bootFlags, startName } = service;
  return {
    ...{ does, name, flags, type, start, errorControl, group, displayName, dependencies, line },
    ...(description === '' ? {} : { description }),
    ...(startName === '' ? {} : { startName }),
    binary: binaryOf(service.binary, places),
    ...(bootFlags === undefined ? {} : { bootFlags }),
    registry: steps(service.registry),
    eventLog: eventLog === undefined ? undefined : { ...eventLog, registry: steps(eventLog.registry) },
  };
};

const EXTENSION = /\.nt(x86|ia64|amd64|arm64|arm)?$/i;

/** Besides what the steps show themselves: a folder or a root of the registry that is not known. */
const unmodelled = ({ other, copied }: InstallEffects): readonly string[] => [
  ...other,
  ...copied
    .filter(({ sourcePath }) => sourcePath === undefined)
    .map(({ source }) => `CopyFiles of ${source}, which SourceDisksFiles does not place`),
];

/** What an install section does in a guest. */
export const installFactsOf = (effects: InstallEffects, context: InstallContext): InstallFacts => {
  const { section, featureScore, driverVer } = effects;
  const { places, imageAt } = context;
  const step = stepOf(places);
  const copyFiles = effects.copied.map((file) => ({
    ...placed(file, places),
    image: file.sourcePath === undefined ? undefined : imageAt(file.sourcePath),
    source: file.source,
    flags: file.flags,
  }));
  return {
    section,
    extension: EXTENSION.exec(section)?.[0] ?? '',
    ...(featureScore === undefined ? {} : { featureScore }),
    ...(driverVer === undefined ? {} : { driverVer: { date: driverVer.date, version: driverVer.version } }),
    deleteFiles: effects.deleted.map((file) => placed(file, places)),
    renameFiles: effects.renamed.map((file) => ({ ...placed(file, places), from: file.source })),
    copyFiles,
    software: effects.software.map(step),
    hardware: effects.hardware.map(step),
    coInstallers: effects.coInstallers.map(step),
    services: effects.services.map((service) => serviceStep(service, places)),
    interfaces: effects.interfaces.map(({ registry, ...one }) => ({ ...one, registry: registry.map(step) })),
    filters: effects.filters,
    components: effects.components.map((id) => `SWC\\${id}`),
    reboot: effects.reboot,
    includes: effects.includes,
    needs: effects.elsewhere,
    unmodelled: unmodelled(effects),
  };
};
