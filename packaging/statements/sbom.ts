import { createHash } from 'node:crypto';
import { ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import { Bom, Component, HashDictionary, Property } from '@cyclonedx/cyclonedx-library/Models';
import { JsonSerializer, JSON as ToJson } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import type { StatedBrand, StatedFile, StatedPackage } from './stated.ts';

const properties = (component: Component, values: Readonly<Record<string, string | readonly string[] | undefined>>) => {
  for (const [name, value] of Object.entries(values)) {
    for (const one of value === undefined ? [] : [value].flat())
      component.properties.add(new Property(`winpv:${name}`, one));
  }
  return component;
};

const fileComponent = ({ path, sha256, authenticode, standIn, prebuilt }: StatedFile): Component => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const hashes = new HashDictionary([[HashAlgorithm['SHA-256'], sha256]]);
  return properties(new Component(ComponentType.File, name, { bomRef: path, hashes }), {
    authenticodeSha256: authenticode,
    standIn: standIn === undefined ? undefined : 'true',
    prebuilt,
  });
};

const packageComponent = (pack: StatedPackage): Component => {
  const { driver, folder, version, architecture, source, sourceRevision, windows, hardwareIds, patches } = pack;
  const component = new Component(ComponentType.DeviceDriver, driver, { bomRef: folder, version });
  for (const file of pack.files) component.components.add(fileComponent(file));
  return properties(component, {
    ...{ architecture, source, sourceRevision, windows },
    hardwareId: hardwareIds,
    patch: patches?.map(({ name, sha256, state }) => `${name} ${state} sha256:${sha256}`),
  });
};

/** An id that follows from what the bill says: a UUID of version 8 (RFC 9562, 5.8) from its SHA-256. */
const serialNumber = (brand: StatedBrand): string => {
  const hash = createHash('sha256').update(JSON.stringify(brand)).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return `urn:uuid:${parts.join('-')}`;
};

const sole = (values: readonly string[]): string | undefined => (new Set(values).size === 1 ? values[0] : undefined);

/**
 * The bill of materials of a brand, as CycloneDX 1.6 JSON: each package with the files in it, and the archives.
 * @see CycloneDX 1.6; properties of our own begin with `winpv:`
 */
export const encodeSbom = (brand: StatedBrand): Uint8Array => {
  const bom = new Bom({ serialNumber: serialNumber(brand) });
  bom.metadata.timestamp = new Date(`${brand.date}T00:00:00Z`);
  const tool = { bomRef: `winpv@${brand.toolVersion}`, version: brand.toolVersion };
  bom.metadata.tools.components.add(new Component(ComponentType.Application, 'winpv', tool));
  const version = sole(brand.packages.map((pack) => pack.version));
  const about = { bomRef: brand.id, ...(version === undefined ? {} : { version }) };
  const main = new Component(ComponentType.DeviceDriver, brand.id, about);
  bom.metadata.component = main;
  for (const pack of brand.packages) {
    const component = packageComponent(pack);
    main.dependencies.add(component.bomRef);
    bom.components.add(component);
  }
  for (const archive of brand.archives) bom.components.add(fileComponent(archive));
  const text = new JsonSerializer(new ToJson.Normalize.Factory(Spec1dot6)).serialize(bom, {
    sortLists: true,
    space: 1,
  });
  return new TextEncoder().encode(`${text}\n`);
};
