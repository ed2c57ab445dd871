import { type Diagnostic, problem } from '../../core/errors.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import { type BusState, lists, unanswered } from '../../drivers/revision-register.ts';
import { lineOf, parseInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { parseInfFlags } from '../formats/inf/numbers.ts';
import { pvFacts } from '../formats/inf/pv/facts.ts';
import type { DriverPackage } from './bundle.ts';
import { infOf, packageFolder } from './bundle.ts';
import { boundRevision, matchesOnOneLine, possibleBuses } from './bus-states.ts';

/** What a bus puts into the names of its children's devices: a change of it makes new devices (spec xen-pv 1.4, F12). */
export type DeviceNames = 'revision' | 'function' | 'class';

/** What a package does to machines that get the next one. */
export interface ShippedFacts {
  readonly driver: string;
  readonly architecture: string;
  /** The revision of its bus that it binds, eight hex digits. */
  readonly binds?: string | undefined;
  /** The worst of its install sections; 255 where one says nothing. */
  readonly featureScore?: number | undefined;
  readonly names?: DeviceNames | undefined;
}

/** The same of a package that is about to be released, with what its bus may be. */
export interface UpgradeFacts extends ShippedFacts {
  readonly buses: readonly BusState[];
}

/** The score of an install section that names none (spec xen-pv 1.2). */
const NO_SCORE = 0xff;

/** What an upgrade depends on; undefined for a package that is not of the family. */
export const upgradeFacts = (pack: DriverPackage): UpgradeFacts | undefined => {
  const inf = infOf(pack);
  const document = parseInf(inf.bytes, `${packageFolder(pack)}/${inf.name}`);
  const facts = pvFacts(document, infModel(document));
  if (facts === undefined) return undefined;
  const scores = facts.installs.map(({ section }) => {
    const line = lineOf(section, 'FeatureScore');
    return line === undefined ? NO_SCORE : parseInfFlags(line.fields[0]);
  });
  const isBus = facts.kind === 'xenbus';
  const binds = boundRevision(facts);
  return {
    driver: pack.driver,
    architecture: pack.architecture,
    ...(binds?.length === 8 ? { binds } : {}),
    ...(facts.ids.length > 0 && scores.length > 0 ? { featureScore: Math.max(...scores) } : {}),
    ...(isBus ? { names: matchesOnOneLine(facts) ? 'class' : facts.coInstallers ? 'revision' : 'function' } : {}),
    buses: isBus ? possibleBuses(facts) : [],
  };
};

export interface Upgrade {
  readonly brand: string;
  /** What the brand has shipped, oldest first. */
  readonly before: readonly ShippedFacts[];
  readonly now: readonly UpgradeFacts[];
  /** Where it says what was shipped. */
  readonly file: string;
}

/**
 * What becomes of machines that have the brand's earlier packages (spec xen-pv section 8, F04, F05, F27): a package
 * without the feature score of an earlier one loses to it, and a bus that comes without a child has to go on with the
 * installed one.
 */
export const checkUpgrade = (upgrade: Upgrade): readonly Diagnostic[] => [
  ...upgrade.now.flatMap((pack) => checkScore(pack, upgrade)),
  ...upgrade.now.filter(({ names }) => names !== undefined).flatMap((bus) => checkInstalled(bus, upgrade)),
];

const sameAs =
  ({ driver, architecture }: ShippedFacts) =>
  (other: ShippedFacts): boolean =>
    other.driver === driver && other.architecture === architecture;

const hex = (score: number): string => `0x${score.toString(16).toUpperCase()}`;

const checkScore = (pack: UpgradeFacts, { brand, before, file }: Upgrade): readonly Diagnostic[] => {
  const { driver, architecture, featureScore } = pack;
  if (featureScore === undefined) return [];
  const best = Math.min(NO_SCORE, ...before.filter(sameAs(pack)).map((one) => one.featureScore ?? NO_SCORE));
  if (featureScore <= best) return [];
  const own = featureScore === NO_SCORE ? 'no FeatureScore' : `the FeatureScore ${hex(featureScore)}`;
  const message = `${brand}: ${driver} for ${architecture} has ${own}, and an earlier one had ${hex(best)}: Windows would keep that.`;
  const hint = `Write FeatureScore=${hex(best)}, or lower.`;
  return [problem('PV_FEATURE_SCORE', message, { failureMode: 'F27', at: { file }, hint })];
};

/** Children of xenbus, by what a machine loses without them. */
const CHILDREN = ['xenvbd', 'xenvif', 'xeniface', 'xenvkbd', 'xencons'];

const checkInstalled = (bus: UpgradeFacts, { brand, before, now, file }: Upgrade): readonly Diagnostic[] => {
  const earlier = before.filter(sameAs(bus)).at(-1);
  if (earlier?.names === undefined || bus.buses.length === 0) return [];
  // A device that keeps its name keeps its driver; another is a new device, which has to be bound by its ids.
  const renamed = earlier.names === 'revision' || earlier.names !== bus.names;
  return CHILDREN.flatMap((driver) => {
    const child = { driver, architecture: bus.architecture };
    const installed = before.filter(sameAs(child)).at(-1);
    const binds = installed?.binds;
    if (binds === undefined || now.some(sameAs(child))) return [];
    const listing = bus.buses.filter((state) => lists(state, binds));
    const who = `${brand}: the new xenbus for ${bus.architecture}`;
    const hint = `Release ${driver} with it.`;
    if (renamed && listing.length === 0) {
      const message = `${who} does not list revision ${binds}, which the ${driver} on machines is bound by, and names its devices anew.`;
      return [problem('PV_REVISION_UNLISTED', message, { failureMode: 'F04', at: { file }, hint })];
    }
    const needs = CHILD_NEEDS.filter((need) => need.driver === driver && need.binds === binds);
    const missing = (renamed ? listing : bus.buses).flatMap((state) => needs.map((need) => unanswered(state, need)));
    if (missing.length === 0 || missing.some((one) => one.length === 0)) return [];
    const message = `${who} does not answer to the ${driver} on machines, which asks for ${missing[0]?.join('; for ')}.`;
    return [problem('PV_INTERFACE_RANGE', message, { failureMode: 'F05', at: { file }, hint })];
  });
};
