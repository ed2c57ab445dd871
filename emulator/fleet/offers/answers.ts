import type { FleetLabel } from '../label.ts';
import type { MachineDevice } from '../machines/machine.ts';
import type { DeviceAnswer, FleetOffer } from './contest.ts';
import type { FleetReason } from './reasons.ts';

interface Told {
  readonly offers: readonly FleetOffer[];
  readonly reasons: readonly FleetReason[];
}

/**
 * What devices are told over the rounds in which they are asked: once, and again when a bus made them otherwise (spec
 * windows-update 8 step 9). A driver that was offered before is there by then, and is not offered again.
 */
export class DeviceAnswers {
  readonly #told = new Map<string, Told>();
  readonly #orphaned: FleetReason[] = [];
  readonly #heard = new Set<FleetLabel>();

  /** @param about labels that have an id of the device */
  tell({ id }: MachineDevice, about: readonly FleetLabel[], answer: DeviceAnswer): FleetOffer | undefined {
    for (const label of about) this.#heard.add(label);
    const before = this.#told.get(id);
    const known = before?.offers.some(({ package: pack }) => pack.key === answer.offer?.package.key) ?? false;
    const offer = known ? undefined : answer.offer;
    // It is in the store of the machine, and fits the new ids too: nothing is left behind.
    if (known) this.#keep(id);
    this.#told.set(id, together(before, offer, answer.reasons));
    return offer;
  }

  orphan(reason: FleetReason): void {
    this.#orphaned.push(reason);
  }

  isHeard(label: FleetLabel): boolean {
    return this.#heard.has(label);
  }

  offers(): readonly FleetOffer[] {
    return [...this.#told.values()].flatMap(({ offers }) => offers);
  }

  reasons(): readonly FleetReason[] {
    return [...[...this.#told.values()].flatMap(({ reasons }) => reasons), ...this.#orphaned];
  }

  #keep(device: string): void {
    const last = this.#orphaned.findLastIndex((one) => one.device === device);
    if (last >= 0) this.#orphaned.splice(last, 1);
  }
}

/** The later answer counts; but what was offered before, and why nothing else was, stands. */
const together = (before: Told | undefined, offer: FleetOffer | undefined, reasons: readonly FleetReason[]): Told => {
  const offers = offer === undefined ? [] : [offer];
  if (before === undefined || before.offers.length === 0) return { offers, reasons };
  const again = offer?.label.id;
  const spoken = new Set([...before.reasons.map(({ label }) => label), ...before.offers.map(({ label }) => label.id)]);
  return {
    offers: [...before.offers, ...offers],
    reasons: [
      ...before.reasons.filter(({ label }) => again === undefined || label !== again),
      ...reasons.filter(({ label }) => (again !== undefined && label === again) || !spoken.has(label)),
    ],
  };
};
