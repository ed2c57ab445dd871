import { WinpvError } from '../../core/errors.ts';
import type { DriverModel, VersionRange } from '../../drivers/model.ts';
import type { BusState, ChildNeed } from '../../drivers/revision-register.ts';
import type { ChildBus } from '../../packaging/bundle/binary-ids.ts';
import { buildOf } from '../../packaging/bundle/builds.ts';
import { fileNameOf } from '../../packaging/bundle/catalog-scope.ts';
import { placedFiles } from '../../packaging/bundle/check-files.ts';
import type { CheckedFile, PackageView } from '../../packaging/bundle/package-view.ts';
import type { PeImage } from '../../packaging/formats/pe/model.ts';
import { buildDay, busPeriod, childPeriod, lineOf, type PvInf, statedDay } from './build-day.ts';
import { childOnBus, chooseNeed, likelyNeed } from './bus-choice.ts';
import { type FoundBus, type FoundBuses, findBuses, PARENT_BUS } from './bus-models.ts';
import { compiledIds, type ExpectedIds } from './compiled-ids.ts';

/** What each image of a bundle's Xen PV packages is. */
export interface DriverModels {
  /** Undefined for a file that is none of theirs. */
  readonly ofFile: (file: CheckedFile) => DriverModel | undefined;
  /** Of an image that an INF installs, whether it is there or not; by its name in the package. */
  readonly ofName: (inf: PvInf, source: string, image?: PeImage) => DriverModel | undefined;
}

/** Images that do something in the emulator, and the driver whose package brings each. */
const FAMILY: ReadonlySet<string> = new Set([
  ...['xen', 'xenbus', 'xenfilt', 'xenbus_monitor', 'xenvbd', 'xendisk', 'xencrsh', 'xenvif', 'xennet'],
  ...['xeniface', 'xenagent', 'xenvkbd', 'xenhid', 'xencons', 'xencons_monitor', 'xencons_tty'],
]);

const BUS_OF_IMAGE: Readonly<Record<string, ChildBus>> = { xenbus: 'XENBUS', xenvif: 'XENVIF', xenvkbd: 'XENVKBD' };

/** `xenbus_monitor` of `xenbus_monitor_9_1_0_5.exe`; undefined for a file that is none of the family. */
export const familyImage = (name: string): string | undefined => {
  const base = fileNameOf(name)
    .toLowerCase()
    .replace(/\.(sys|exe)$/, '')
    .replace(/(_\d+){4}$/, '');
  return FAMILY.has(base) && /\.(sys|exe)$/i.test(name) ? base : undefined;
};

/** Reads the bundle once: which builds its buses are, and what that makes of the images. */
export const driverModels = (view: PackageView): DriverModels => {
  const infs = view.infs.filter((inf): inf is PvInf => inf.pv !== undefined);
  const buses = findBuses(view, infs);
  const byFile = new Map<CheckedFile, DriverModel>();
  for (const inf of infs) {
    for (const { file, installed } of placedFiles(view, inf)) {
      if (byFile.has(file)) continue;
      const model = modelOf(inf, installed.source, imageOf(view, file), buses);
      if (model !== undefined) byFile.set(file, model);
    }
  }
  return {
    ofFile: (file) => byFile.get(file),
    ofName: (inf, source, image) => modelOf(inf, source, image, buses),
  };
};

/** Undefined for a file that cannot be read as an image, which is told elsewhere. */
const imageOf = (view: PackageView, file: CheckedFile): PeImage | undefined => {
  try {
    return view.imageOf(file);
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

const modelOf = (inf: PvInf, source: string, file: PeImage | undefined, buses: FoundBuses): DriverModel | undefined => {
  const image = familyImage(source);
  if (image === undefined) return undefined;
  const version = file === undefined ? inf.model.version.driverVer?.version : buildOf(file);
  const ids = compiledIds(file, BUS_OF_IMAGE[image], expectedIds(inf, buses));
  return {
    image,
    ...(version === undefined ? {} : { version }),
    ...(ids.prefix === undefined ? {} : { prefix: ids.prefix }),
    ...(ids.vendorDeviceId === undefined ? {} : { vendorDeviceId: ids.vendorDeviceId }),
    ...buildFacts(inf, image, buses),
  };
};

const platformsOf = ({ pv }: PvInf): readonly string[] => pv.ids.flatMap(({ platform }) => platform ?? []);
const prefixesOf = (infs: readonly PvInf[]): readonly string[] => [
  ...new Set(infs.flatMap(({ pv }) => pv.ids.flatMap(({ prefix }) => prefix ?? []))),
];

/** Until 2015 the prefix was a constant, and it is what upstream's own releases have since (spec xen-pv 7.1). */
const prefixOfVendor = ({ model }: PvInf): string => {
  const vendor = model.version.provider.toLowerCase();
  if (/citrix|xenserver|cloud software/.test(vendor)) return 'XS';
  return vendor.includes('xcp-ng') ? 'XN' : 'XP';
};

const expectedIds = (inf: PvInf, buses: FoundBuses): ExpectedIds => {
  // A bus is expected to have what its children bind; where they disagree, what most of them do.
  const own = inf.pv.kind === 'xenbus' ? buses.childrenOf(inf) : [inf];
  const counts = new Map<string, number>();
  for (const child of own) for (const prefix of prefixesOf([child])) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return {
    prefix: most?.[0] ?? prefixOfVendor(inf),
    vendorDeviceId: platformsOf(inf).find((one) => one !== '0001' && one !== '0002'),
  };
};

type BuildFacts = Pick<DriverModel, 'built' | 'line' | 'rows' | 'provides' | 'needs' | 'undecided'>;

const buildFacts = (inf: PvInf, image: string, buses: FoundBuses): BuildFacts => {
  const own = buses.of(inf);
  const line = own?.state.line.startsWith('8.') ? own.state.line : lineOf(inf);
  const isOwnBus = own !== undefined && (image === 'xenbus' || image === inf.pv.kind);
  const built = buildDay(
    statedDay(inf),
    own !== undefined && inf.pv.kind === 'xenbus' ? busPeriod(inf, own.state) : childPeriod(inf, line),
  );
  const need = image === inf.pv.kind ? needOf(inf, own, buses) : undefined;
  const undecided = [...(isOwnBus ? own.undecided : []), ...(need?.undecided ?? [])];
  return {
    built: own?.isFirstForm ? FIRST_FORM_DAY : built,
    line,
    ...(isOwnBus ? { rows: own.isFirstForm ? [] : own.rows } : {}),
    ...(own !== undefined && (isOwnBus || image === 'xenfilt') ? { provides: provided(own.state, image) } : {}),
    ...(need === undefined ? {} : { needs: neededOf(need.need) }),
    ...(undecided.length === 0 ? {} : { undecided }),
  };
};

/** Between the first INFs and the ids with a vendor (spec xen-pv 1.4). */
const FIRST_FORM_DAY = '2013-06-30';

const needOf = (inf: PvInf, own: FoundBus | undefined, buses: FoundBuses) => {
  const bus = PARENT_BUS[inf.pv.kind];
  if (bus === undefined) return undefined;
  const child = childOnBus(inf);
  if (child.needs.length === 0) return likelyNeed(child, bus);
  return chooseNeed(child, buses.above(inf)?.state, { line: lineOf(inf), commits: own?.state.commits ?? [] });
};

/** xenfilt answers to what is its own, and xenbus to the rest; a bus below it hands on what it has headers of. */
const provided = ({ provides }: BusState, image: string): Readonly<Record<string, VersionRange>> =>
  Object.fromEntries(
    [...provides].filter(([name]) => {
      if (image === 'xenfilt') return name.startsWith('XENFILT_');
      return image !== 'xenbus' || !name.startsWith('XENFILT_');
    }),
  );

const neededOf = ({ interfaces }: ChildNeed): NonNullable<DriverModel['needs']> => Object.fromEntries(interfaces);
