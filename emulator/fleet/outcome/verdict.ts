import type { PackageLibrary } from '../../package/facts.ts';
import type { Attribution } from '../../scenarios/attribute.ts';
import type { Finding, ScenarioInput } from '../../scenarios/contract.ts';
import { connectionIn } from '../../scenarios/host-findings.ts';
import { judgeRun } from '../../scenarios/judge.ts';
import type { Expectation } from '../../scenarios/run.ts';
import type { Survey } from '../../scenarios/survey.ts';
import { finding } from '../../scenarios/transcript.ts';
import type { Arrival } from './arrivals.ts';
import { type BaseMachine, busPrefix, faultName } from './base.ts';
import type { FleetFinding, FleetVerdict } from './model.ts';

/** What one way of arrival did to a machine. */
export interface Judged {
  readonly verdict: FleetVerdict;
  readonly findings: readonly FleetFinding[];
  readonly arrival: Arrival;
}

/** From the best to the worst. */
const HARM: readonly FleetVerdict[] = ['boots', 'restart', 'degraded', 'brand-flip', 'no-boot'];

/** Whether a verdict is worse than another. */
export const isWorse = (verdict: FleetVerdict, than: FleetVerdict): boolean =>
  HARM.indexOf(verdict) > HARM.indexOf(than);

/** Nothing can be worse. */
export const isWorst = (verdict: FleetVerdict): boolean => verdict === HARM.at(-1);

const deviceOf = ({ event }: Finding): string | undefined =>
  event !== undefined && 'device' in event && typeof event.device === 'string' && event.device !== ''
    ? event.device
    : undefined;

/** Without the events that it comes from, which hold whole device trees. */
export const fleetFinding = (one: Finding): FleetFinding => {
  const { code, severity, message, failureMode, hint } = one;
  const device = deviceOf(one);
  return {
    ...{ code, severity, message },
    ...(failureMode === undefined ? {} : { failureMode }),
    ...(hint === undefined ? {} : { hint }),
    ...(device === undefined ? {} : { device }),
  };
};

/** Another vendor's bus lists the devices now (spec windows-update 7.4). */
const flip = (arrival: Arrival, base: BaseMachine, library: PackageLibrary): readonly Finding[] => {
  const now = busPrefix(arrival.run.world, library);
  const { prefix } = base;
  if (prefix === undefined || now === undefined || prefix.toUpperCase() === now.toUpperCase()) return [];
  const told: Attribution = {
    failureMode: 'F25',
    message: `The bus of another brand takes the place of the one that the machine has: the prefix of the devices below it becomes ${now}, and the drivers for ${prefix} bind none of them.`,
    hint: 'Label only ids that belong to the brand alone, and switch off the device on the host that brings drivers of another one.',
  };
  return [finding('EMULATOR_BRAND_FLIP', 'error', told)];
};

const LOST = 'Give machines a network that does not depend on static addresses, or keep the device ids of the card.';

/** F12: the card is a new device to Windows, so that an address that was given to it is another connection's. */
const addresses = ({ run }: Arrival, base: BaseMachine): readonly Finding[] => {
  const { world } = run;
  return base.survey.nics.flatMap(({ id, device }) => {
    const before = device === undefined ? undefined : connectionIn(base.world, device);
    const now = run.survey.nics.find((one) => one.id === id)?.device;
    const after = now === undefined ? undefined : connectionIn(world, now);
    if (before === undefined || after === undefined) return [];
    const missing = before.addresses.filter((one) => !after.addresses.includes(one));
    if (missing.length === 0) return [];
    const message = `Network card ${id} becomes a new device to Windows, ${now}: a static address, where it has one, stays with the connection "${before.name}" and is lost.`;
    return [finding('EMULATOR_DEVICE_RENAMED', 'warning', { failureMode: 'F12', message, hint: LOST })];
  });
};

/** A disk or card that the machine has, and that is on neither path now. */
const loses = (now: Survey, before: Survey): boolean =>
  [
    [now.disks, before.disks],
    [now.nics, before.nics],
  ].some(([after = [], own = []]) =>
    own.some(({ id, path }) => path !== undefined && after.find((one) => one.id === id)?.path === undefined),
  );

const verdictOf = (arrival: Arrival, found: readonly Finding[], base: BaseMachine): FleetVerdict => {
  const { run, complete } = arrival;
  if (!run.survey.running) return 'no-boot';
  if (found.some(({ code }) => code === 'EMULATOR_BRAND_FLIP')) return 'brand-flip';
  const isHarmed = complete ? found.some(({ severity }) => severity === 'error') : loses(run.survey, base.survey);
  if (isHarmed) return 'degraded';
  return complete && arrival.neededRestart ? 'restart' : 'boots';
};

/** Judges where an arrival led, against what the machine was before: its own faults are not charged to what is offered. */
export const judged = (arrival: Arrival, base: BaseMachine, { library }: Pick<ScenarioInput, 'library'>): Judged => {
  const flipped = flip(arrival, base, library);
  const isQuiet = !arrival.complete && arrival.run.survey.running && !loses(arrival.run.survey, base.survey);
  // On the way nothing else is asked for, and there is nothing to be told of it.
  const own = isQuiet ? [] : judgeRun(arrival.run, 'offer').findings;
  const faults = own.some(({ severity }) => severity === 'error') ? base.faults() : new Set<string>();
  const fresh = own.filter((one) => one.severity !== 'error' || !faults.has(faultName(one)));
  const found = [...flipped, ...fresh, ...(arrival.complete ? addresses(arrival, base) : [])];
  return { verdict: verdictOf(arrival, found, base), findings: found.map(fleetFinding), arrival };
};

const DISK: readonly string[] = ['xenbus', 'xenvbd'];
const CARD: readonly string[] = ['xenbus', 'xenvif', 'xennet'];

/**
 * What is expected once everything came: no path that the machine had is left, and one for which the last driver came is taken. A
 * machine that had them all and does not use them has its reasons.
 */
export const expectedOf = (had: ReadonlySet<string>, offered: ReadonlySet<string>, base: Survey): Expectation => {
  const hadPv = (devices: Survey['disks']): boolean => devices.length > 0 && devices.every(({ path }) => path === 'pv');
  const completes = (names: readonly string[]): boolean =>
    names.every((name) => had.has(name) || offered.has(name)) && !names.every((name) => had.has(name));
  return {
    settled: true,
    disks: hadPv(base.disks) || completes(DISK) ? 'pv' : 'any',
    nics: hadPv(base.nics) || completes(CARD) ? 'pv' : 'any',
  };
};
