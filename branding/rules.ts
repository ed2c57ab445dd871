import type { ErrorCode } from '../core/error-codes.ts';
import { type Diagnostic, problem } from '../core/errors.ts';
import { closestName } from '../core/spelling.ts';
import { formatVersion } from '../core/version.ts';
import { ID_LIST_LIMIT_BYTES, idListSizeBytes } from '../drivers/ids.ts';
import { type Brand, driverVersion } from './brand.ts';
import { reservedRangeOf } from './device-ids.ts';
import type { LoadedBrand } from './load.ts';
import type { SettingsPoint, SettingsTree } from './settings-tree.ts';

type Places = Pick<SettingsTree, 'file' | 'point'>;

const reservedDeviceId = (brand: Brand, places: Places): readonly Diagnostic[] => {
  const range = brand.vendorDeviceId === undefined ? undefined : reservedRangeOf(brand.vendorDeviceId);
  if (range === undefined || range.names.test(`${brand.vendorName}\n${brand.productName}`)) return [];
  const message = `The device id ${brand.vendorDeviceId} is in the range reserved for ${range.owner}: a host that presents it may be offered drivers of ${range.owner} by Windows Update.`;
  const hint = `Use an id outside C000 to C2FF, or leave this warning if the brand belongs to ${range.owner}.`;
  return [
    problem('BRAND_DEVICE_ID_RESERVED', message, {
      severity: 'warning',
      failureMode: 'F25',
      hint,
      ...places.point(['vendorDeviceId']),
    }),
  ];
};

/** ProductVersion of an MSI package: 255.255.65535 and a fourth number that it ignores (peers X3). */
const isLarge = ([major, minor]: readonly number[]): boolean => (major ?? 0) > 255 || (minor ?? 0) > 255;

const largeVersions = (brand: Brand, places: Places): readonly Diagnostic[] =>
  [
    { version: brand.version, path: ['version'] },
    ...Object.entries(brand.versions).map(([driver, version]) => ({ version, path: ['versions', driver] })),
  ]
    .filter(({ version }) => isLarge(version))
    .map(({ version, path }) =>
      problem('BRAND_VERSION_LARGE', `${formatVersion(version)} does not fit an MSI package.`, {
        severity: 'warning',
        hint: 'Keep the first two numbers at 255 or below if an installer is made of these drivers.',
        ...places.point(path),
      }),
    );

/** What a brand may do, but hardly means to. Warnings only. */
export const brandNotes = (brand: Brand, places: Places): readonly Diagnostic[] => [
  ...reservedDeviceId(brand, places),
  ...largeVersions(brand, places),
];

interface Claim {
  readonly owner: LoadedBrand;
  /** Compared without case. */
  readonly value: string | undefined;
  readonly point: SettingsPoint;
}

const claim = (owner: LoadedBrand, path: readonly (string | number)[]): Claim => {
  let value: unknown = owner.brand;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  return { owner, value: typeof value === 'string' ? value : undefined, point: owner.point(path) };
};

/** Pairs of claims to one value: each later one with the first that made it. */
const clashes = (claims: readonly Claim[]): readonly { readonly first: Claim; readonly second: Claim }[] => {
  const taken = new Map<string, Claim>();
  return claims.flatMap((second) => {
    const value = second.value?.toLowerCase();
    if (value === undefined) return [];
    const first = taken.get(value);
    if (first !== undefined) return [{ first, second }];
    taken.set(value, second);
    return [];
  });
};

const CLASH_RULES = [
  { code: 'BRAND_ID_CLASH', what: 'the id', severity: 'error', paths: [['id']] },
  { code: 'BRAND_PREFIX_CLASH', what: 'the vendor prefix', severity: 'error', paths: [['vendorPrefix']] },
  { code: 'BRAND_DEVICE_ID_CLASH', what: 'the vendor device id', severity: 'error', paths: [['vendorDeviceId']] },
  { code: 'BRAND_OBJECT_PREFIX_CLASH', what: 'the object prefix', severity: 'warning', paths: [['objectPrefix']] },
  {
    code: 'BRAND_UPGRADE_CODE_CLASH',
    what: 'the upgrade code',
    severity: 'error',
    paths: [
      ['msiUpgradeCodes', 'x86'],
      ['msiUpgradeCodes', 'x64'],
    ],
  },
] as const;

type ClashRule = Pick<(typeof CLASH_RULES)[number], 'severity'> & {
  readonly code: ErrorCode;
  readonly what: string;
};

const clash = (rule: ClashRule, first: Claim, second: Claim): Diagnostic => {
  const { code, what, severity } = rule;
  const both = `The brands "${second.owner.brand.id}" and "${first.owner.brand.id}" both use`;
  const who = first.owner === second.owner ? `The brand "${second.owner.brand.id}" uses twice` : both;
  const { file, line = 1 } = first.point.at;
  const hint = `The other one stands in ${file}:${line}. Give one of them its own.`;
  return problem(code, `${who} ${what} ${second.value}.`, { severity, ...second.point, hint });
};

/** Services that every brand's drivers have: upstream's names, which no brand changes (spec xen-pv 3.1, section 8). */
const DRIVER_SERVICES: ReadonlySet<string> = new Set([
  ...['xen', 'xenbus', 'xenbus_monitor', 'xenfilt', 'xenvbd', 'xendisk', 'xencrsh', 'xenvif', 'xennet', 'xeniface'],
  ...['xenagent', 'xenvkbd', 'xenhid', 'xencons', 'xencons_monitor'],
]);

const takenService = ({ owner, value, point }: Claim): readonly Diagnostic[] => {
  if (value === undefined || !DRIVER_SERVICES.has(value.toLowerCase())) return [];
  const message = `The service ${value} of the brand "${owner.brand.id}" has the name of one that the drivers install.`;
  const hint = 'Give it a name of its own, for example with the vendor prefix at its end.';
  return [problem('BRAND_SERVICE_CLASH', message, { ...point, hint })];
};

/**
 * User-mode services of brands that reach one machine: a name is a key of the registry, of the event log too, and the
 * later package would take it over.
 */
const checkServices = (brands: readonly LoadedBrand[]): readonly Diagnostic[] => {
  const names = brands.flatMap((owner) =>
    owner.brand.services.map((_, index) => claim(owner, ['services', index, 'name'])),
  );
  const rule = { code: 'BRAND_SERVICE_CLASH', what: 'the service name', severity: 'error' } as const;
  return [...names.flatMap(takenService), ...clashes(names).map(({ first, second }) => clash(rule, first, second))];
};

/**
 * Programs that brands put into System32. Names carry the version of their package there, so that they meet only where
 * that is the same. Those of components stay in the driver store, each in a folder of its own. A version that is still to
 * be worked out meets no other.
 */
export const checkPrograms = (brands: readonly LoadedBrand[]): readonly Diagnostic[] => {
  const claims = brands.flatMap((owner) => {
    const { brand } = owner;
    const seen = new Set<string>();
    return brand.services.flatMap(({ program, files, as, package: driver = '' }, index) =>
      [program, ...files].flatMap((name): readonly Claim[] => {
        const version = driverVersion(brand, driver);
        if (as !== 'driver' || version.every((part) => part === 0)) return [];
        const value = `${name} of version ${formatVersion(version)}`;
        // Services of one brand may share a file.
        if (seen.has(value.toLowerCase())) return [];
        seen.add(value.toLowerCase());
        return [{ owner, value, point: owner.point(['services', index, 'program']) }];
      }),
    );
  });
  const rule = { code: 'BRAND_FILE_CLASH', what: 'the file', severity: 'error' } as const;
  return clashes(claims).map(({ first, second }) => clash(rule, first, second));
};

/**
 * What must differ between the brands of one project, because the packages of all of them can reach one machine. The
 * same object prefix is a warning only: the WMI classes clash when both brands are installed, and no disk is lost.
 * Not compared is what upstream's packages have in common whatever the brand is: the names of their services, files in
 * the drivers folder, interface and WMI GUIDs. Two brands' drivers cannot be installed together for that.
 */
export const checkBrands = (brands: readonly LoadedBrand[]): readonly Diagnostic[] => [
  ...CLASH_RULES.flatMap((rule) => {
    const claims = brands.flatMap((owner) => rule.paths.map((path) => claim(owner, path)));
    return clashes(claims).map(({ first, second }) => clash(rule, first, second));
  }),
  ...checkServices(brands),
  ...checkPrograms(brands),
];

/** Whether there is each driver that a brand names. */
export const checkDriverNames = (
  { brand, point, keyPoint }: LoadedBrand,
  known: readonly string[],
): readonly Diagnostic[] => {
  const complain = (name: string, place: SettingsPoint): readonly Diagnostic[] => {
    if (known.includes(name)) return [];
    const meant = closestName(name, known);
    const hint = meant === undefined ? `The drivers are ${known.join(', ')}.` : `Did you mean \`${meant}\`?`;
    return [problem('CONFIG_INVALID', `There is no driver "${name}".`, { ...place, hint })];
  };
  return [
    ...(brand.drivers ?? []).flatMap((name, i) => complain(name, point(['drivers', i]))),
    ...Object.keys(brand.versions).flatMap((name) => complain(name, keyPoint(['versions', name]))),
    ...brand.services.flatMap((service, i) =>
      service.package === undefined ? [] : complain(service.package, point(['services', i, 'package'])),
    ),
    ...Object.keys(brand.extraFiles).flatMap((name) => complain(name, keyPoint(['extraFiles', name]))),
  ];
};

/** What a bus makes of a prefix: the rows of its revision table and the child classes it lists. */
export interface BusIds {
  /** `XENBUS` */
  readonly enumerator: string;
  /** The rows of its revision table. */
  readonly revisions: { readonly length: number };
  /** `VBD`, `IFACE` */
  readonly classes: readonly string[];
  /** The id that ends every list: `XENCLASS` */
  readonly lastId: string;
}

/** The most rows that fit below the limit; 0 when not even one does. */
const rowsThatFit = (sizeOf: (rows: number) => number, rows: number): number => {
  let fitting = rows;
  while (fitting > 0 && sizeOf(fitting) >= ID_LIST_LIMIT_BYTES) fitting -= 1;
  return fitting;
};

/**
 * Whether the id lists that a bus hands to Windows stay below 1024 bytes with the brand's prefix (spec xen-pv 1.4, F10):
 * a checked build stops above that, a free one gives Windows a list it may cut.
 */
export const checkIdListSizes = (loaded: LoadedBrand, buses: readonly BusIds[]): readonly Diagnostic[] => {
  const { vendorPrefix } = loaded.brand;
  return buses.flatMap(({ enumerator, revisions: { length: rows }, classes, lastId }) =>
    classes.flatMap((device) => {
      const sizeOf = (count: number): number =>
        idListSizeBytes({ bus: enumerator, device, vendorPrefix, rows: count, lastId });
      if (sizeOf(rows) < ID_LIST_LIMIT_BYTES) return [];
      const message = `With the prefix "${vendorPrefix}" the id list of ${enumerator}'s ${device} is ${sizeOf(rows)} bytes long for ${rows} revisions; it has to stay below ${ID_LIST_LIMIT_BYTES}.`;
      const hint = `Use a shorter vendorPrefix, or a bus with at most ${rowsThatFit(sizeOf, rows)} revisions.`;
      const detail = { failureMode: 'F10', hint, ...loaded.point(['vendorPrefix']) };
      return [problem('BRAND_ID_LIST_TOO_LONG', message, detail)];
    }),
  );
};
