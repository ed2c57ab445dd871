import { z } from 'zod';
import { closestName } from '../core/spelling.ts';
import type { FourPartVersion } from '../core/version.ts';
import { deviceIdComplaint } from './device-ids.ts';
import { LOCALES, languageNumber } from './languages.ts';
import { brandText, complain, fileName, filePath, type RuleContext, vendorText, webAddress } from './text-rules.ts';
import { brandVersion, fixedVersion } from './version-rule.ts';

/** File names that Windows keeps for devices, and a file of the output folder: no folder of a brand may be called so. */
const TAKEN_FOLDERS = /^(con|prn|aux|nul|com[0-9]|lpt[0-9]|sha256sums)$/;

const brandId = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9-]*$/, 'has to be lower-case letters, digits and hyphens, a letter first')
  .refine((id) => !TAKEN_FOLDERS.test(id), 'is a name that a folder cannot have on Windows');

/** A driver's name, as its INF and its package folder have it. That there is such a driver is checked by the project. */
const driverName = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, 'has to be a driver name, for example xenvif');

/**
 * A letter, then letters or digits (peers X4). Short ones are better: the list of ids that a bus hands to Windows grows
 * with it, and {@link checkIdListSizes} says when it is too long.
 */
const vendorPrefix = z
  .string()
  .max(255)
  .regex(/^[A-Za-z][A-Za-z0-9]*$/, 'has to be a letter, then letters or digits, for example XP');

/** Begins the WMI class names of xeniface: a C identifier without a leading underscore. */
const objectPrefix = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'has to be a letter, then letters, digits or _, for example XenProject');

const vendorDeviceId = z
  .string({ error: () => 'has to be four hex digits, for example "C800"' })
  .superRefine((text, context) => {
    const message = deviceIdComplaint(text);
    if (message !== undefined) complain(context, message, { code: 'BRAND_DEVICE_ID_REFUSED' });
  })
  .meta({ pattern: '^[C-Fc-f][0-9A-Fa-f]{3}$' })
  .transform((text) => text.toUpperCase());

const guid = z
  .string()
  .regex(
    /^(\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$/,
    'has to be a GUID, for example 0A1B2C3D-0000-4000-8000-0A1B2C3D4E5F',
  )
  .refine((text) => /[1-9A-Fa-f]/.test(text), 'is the GUID of nothing')
  .transform((text) => text.replace(/[{}]/g, '').toUpperCase());

/** `de`, `de-DE`, `zh-Hans-CN`, or the language number that an INF uses: `0407`. */
const locale = z
  .string()
  .regex(/^([a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?|[0-9A-Fa-f]{4})$/, 'has to be a locale, for example de-DE');

const stringName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.]{0,63}$/, 'has to be a string name: a letter, then letters, digits, _ or .');

/** Each locale is a language of Windows, once; it says something, and no name twice. */
const checkLanguages = (strings: Readonly<Record<string, Readonly<Record<string, string>>>>, context: RuleContext) => {
  const taken = new Map<number, string>();
  for (const [name, texts] of Object.entries(strings)) {
    const language = languageNumber(name);
    const same = language === undefined ? undefined : taken.get(language);
    if (language === undefined) {
      const meant = closestName(name, LOCALES);
      const hint = meant === undefined ? 'Write the four hex digits of the language.' : `Did you mean \`${meant}\`?`;
      complain(context, 'is no language of Windows', { code: 'BRAND_LANGUAGE_UNKNOWN', hint }, [name]);
    } else if (same !== undefined) complain(context, `is the same language as ${same}`, {}, [name]);
    else taken.set(language, name);
    if (Object.keys(texts).length === 0) complain(context, 'holds no strings', {}, [name]);
    const names = new Set<string>();
    for (const one of Object.keys(texts)) {
      if (names.has(one.toLowerCase()))
        complain(context, 'is there twice; names are compared without case', {}, [name, one]);
      names.add(one.toLowerCase());
    }
  }
};

/** How the published upgrade codes of the upstream installer begin, x64 and x86 (spec xen-pv 7.3). */
const PUBLISHED_UPGRADE_CODES = /^(D60FED1E|10828840)-/;

/** Folders of a submission have at most 39 characters, and a component's two begin with its name. */
const MAX_COMPONENT_NAME = 39 - '-extension'.length;

/** A user-mode program that the vendor ships with the drivers. */
const userService = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,79}$/, 'has to be a service name of letters, digits, _ and -'),
    displayName: brandText,
    description: brandText.exactOptional(),
    /** The program; `files` are those it needs beside it. All come from the source of `package`. */
    program: fileName.superRefine((name, context) => {
      if (/^\w/.test(name) && !/\.exe$/i.test(name)) complain(context, 'has to be a program, *.exe');
    }),
    files: z.array(fileName).max(64).readonly().default([]),
    /** `driver` puts it into the package named by `package`; `component` makes a software component of its devices. */
    as: z.enum(['driver', 'component']).default('driver'),
    package: driverName.exactOptional(),
    start: z.enum(['auto', 'demand', 'disabled']).default('auto'),
    eventSource: z.boolean().default(false),
  })
  .superRefine((service, context) => {
    const { as, name, package: driver, program, files } = service;
    if (driver === undefined) {
      const message =
        as === 'driver' ? 'names the driver package to put it in' : 'names the driver package that it goes with';
      context.addIssue({ code: 'custom', path: ['package'], message });
    }
    if (as === 'component' && name.length > MAX_COMPONENT_NAME) {
      const message = `has ${name.length} characters; the name of a component has at most ${MAX_COMPONENT_NAME}, for its folders in a submission`;
      context.addIssue({ code: 'custom', path: ['name'], message });
    }
    const seen = new Set([program.toLowerCase()]);
    for (const [index, file] of files.entries()) {
      if (seen.has(file.toLowerCase())) complain(context, 'is named twice', {}, ['files', index]);
      seen.add(file.toLowerCase());
    }
  });

/** What a brand file may say (contract 2). Spellings are stable. */
export const brandSchema = z
  .strictObject({
    id: brandId.meta({ description: 'The name of the brand in commands and of its folder in the output.' }),
    version: brandVersion.meta({ description: 'Version of every driver that `versions` does not name.' }),
    versions: z.record(driverName, fixedVersion).default({}).meta({ description: 'Versions of single drivers.' }),
    vendorName: vendorText.meta({ description: 'Who ships: Provider and Manufacturer of the INFs, CompanyName.' }),
    vendorPrefix: vendorPrefix.meta({ description: 'Begins every hardware id that the bus drivers make.' }),
    productName: brandText.meta({ description: 'Begins every display name.' }),
    objectPrefix: objectPrefix.exactOptional().meta({ description: 'Begins the WMI class names of xeniface.' }),
    vendorDeviceId: vendorDeviceId
      .exactOptional()
      .meta({ description: "The vendor's own PCI function, C000 or above." }),
    copyright: brandText.exactOptional().meta({ description: 'LegalCopyright of the version resources.' }),
    forceActivate: z
      .boolean()
      .default(false)
      .meta({ description: 'Let the INF install the bus filter and its order.' }),
    forceUnplug: z.boolean().default(false).meta({ description: 'Unplug emulated devices on every boot.' }),
    rewriteVersions: z.boolean().default(false).meta({ description: 'Rewrite the version resources of binaries.' }),
    msiUpgradeCodes: z
      .strictObject({ x86: guid.exactOptional(), x64: guid.exactOptional() })
      .exactOptional()
      .meta({ description: "The vendor's own installer, for conflict checks." }),
    supportUrl: webAddress.exactOptional().meta({ description: 'Where users find help.' }),
    timestampServers: z.array(webAddress).max(16).readonly().default([]).meta({ description: 'Tried in order.' }),
    drivers: z.array(driverName).min(1).max(64).readonly().exactOptional().meta({ description: 'Default: all.' }),
    extraFiles: z
      .record(driverName, z.array(fileName).min(1).max(64).readonly())
      .default({})
      .meta({ description: 'By driver: files of the source that its package ships although no INF names them.' }),
    services: z.array(userService).max(64).readonly().default([]).meta({ description: 'User-mode services.' }),
    strings: z
      .record(locale, z.record(stringName, brandText))
      .default({})
      .superRefine(checkLanguages)
      .meta({ description: 'Localised strings: locale, then string name.' }),
    patches: filePath.exactOptional().meta({ description: 'The folder of the patch queue.' }),
  })
  .superRefine((brand, context) => {
    // The codes go with upstream's names, whatever the brand file is called.
    const own = brand.vendorName === 'Xen Project';
    for (const [architecture, code] of Object.entries(brand.msiUpgradeCodes ?? {})) {
      if (own || !PUBLISHED_UPGRADE_CODES.test(code)) continue;
      context.addIssue({
        code: 'custom',
        path: ['msiUpgradeCodes', architecture],
        message:
          'is the default that upstream publishes: the installer would replace, or be replaced by, a foreign one',
        params: { code: 'BRAND_UPGRADE_CODE_DEFAULT', hint: 'Make a GUID of your own, once, and keep it.' },
      });
    }
  })
  .meta({ title: 'brand', description: 'Who ships the drivers, as data (winpv brand file).' });

/**
 * Who ships: the checked content of a brand file. Versions are four numbers, `vendorDeviceId` and upgrade codes are
 * upper case (the codes without braces); what the file leaves out is its default or absent.
 */
export interface Brand extends Readonly<Omit<z.output<typeof brandSchema>, 'version'>> {
  readonly version: FourPartVersion;
}

/** The version of a driver's package: its own when the brand gives it one. */
export const driverVersion = (brand: Pick<Brand, 'version' | 'versions'>, driver: string): FourPartVersion =>
  Object.hasOwn(brand.versions, driver) ? (brand.versions[driver] ?? brand.version) : brand.version;

/** The JSON schema of a brand file (draft 2020-12), made from the schema that checks it. */
export const brandSchemaJson = (): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(brandSchema, { io: 'input', unrepresentable: 'any' });
