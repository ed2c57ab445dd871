import type { Brand } from '../../branding/brand.ts';
import { infArchitecture } from '../../core/architecture.ts';
import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import type { DriverFileKind } from '../../drivers/contract.ts';
import { programImports } from '../../drivers/stand-in-facts.ts';
import type { InfDocument } from '../formats/inf/document.ts';
import { fileLocations } from '../formats/inf/source-disks.ts';
import { peImports } from '../formats/pe/imports.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import { type PlacedService, type ServiceFile, serviceFiles, servicesOf } from './services.ts';
import type { SourceFile } from './source.ts';
import { type StandInContext, standInBinary } from './stand-ins.ts';
import type { PackageRequest } from './take-files.ts';

const KINDS: Readonly<Record<string, DriverFileKind>> = { exe: 'program', dll: 'library' };

/** Stand-ins for the programs of services and for what they bring beside them. */
export const serviceStandIns = (
  services: readonly PlacedService[],
  brand: Brand,
  context: StandInContext,
): readonly SourceFile[] =>
  serviceFiles(services).map(({ name }) => {
    const path = `stand-in ${name}`;
    const kind = KINDS[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
    if (kind === undefined) return { name, path, bytes: utf8(`In place of ${name}.\r\n`) };
    const standIn = { imports: programImports(), exports: [], strings: [] };
    return {
      name,
      path,
      bytes: standInBinary({ name, kind, dirid: 11, installedName: name, standIn }, brand, context),
    };
  });

/** @param place where the source should have it: `x64/agent.exe` */
export const missingServiceFile = ({ name, point }: ServiceFile, driver: string, place: string): Diagnostic =>
  problem('BUNDLE_SERVICE_FILE', `${name} is not in the source of ${driver}.`, {
    ...point,
    hint: `Put it there as ${place}, beside the binaries of ${driver}.`,
  });

/** A program asks the loader for its libraries by name, which would not be theirs any more. */
const checkLinks = (services: readonly PlacedService[], fileOf: (name: string) => SourceFile | undefined) =>
  services.flatMap(({ service, point }): readonly Diagnostic[] => {
    const program = fileOf(service.program);
    if (program === undefined || !isPe(program.bytes)) return [];
    const modules = peImports(parsePe(program.bytes, program.path)).map(({ module }) => module.toLowerCase());
    return service.files.flatMap((name, index) => {
      if (!modules.includes(name.toLowerCase())) return [];
      const message = `${service.program} is linked to ${name}, which carries the version in its name after the installation, so that the program could not start.`;
      const hint =
        'Link the library into the program, load it by the versioned name, or ship the service `as: component`.';
      return [problem('BUNDLE_SERVICE_FILE', message, { ...point('files', index), hint })];
    });
  });

/** Whether the source has what the services of a driver package bring; told at the keys of the brand. */
export const checkServiceFiles = (
  { brand, driver, architecture }: Pick<PackageRequest, 'brand' | 'driver' | 'architecture'>,
  document: InfDocument,
  files: readonly SourceFile[],
): readonly Diagnostic[] => {
  const services = servicesOf(brand, 'driver', driver.name);
  if (services.length === 0) return [];
  const byName = new Map(files.map((file) => [file.name.toLowerCase(), file]));
  const { sourcePath } = fileLocations(document, infArchitecture(architecture));
  const placeOf = (name: string): string => sourcePath(name) ?? name;
  const fileOf = (name: string): SourceFile | undefined => byName.get(placeOf(name).toLowerCase());
  return [
    ...serviceFiles(services)
      .filter(({ name }) => fileOf(name) === undefined)
      .map((file) => missingServiceFile(file, driver.name, `${architecture}/${placeOf(file.name)}`)),
    ...checkLinks(services, fileOf),
  ];
};
