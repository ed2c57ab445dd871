import type { Machine } from '../../fleet/machines/machine.ts';
import type { Channel } from '../../fleet/offers/channels.ts';
import type { PartnerCenter } from '../partner-center/service.ts';
import { nextEventAt } from '../partner-center/workflow.ts';
import { isOnItsWay, type LabelRollout, rolloutsOf } from './rollout.ts';
import type { ScanAnswer, ScanOffer } from './scan.ts';

/** A publication played to its end on an emulated Partner Center in this process: who is offered what, and when. */
export interface PublicationRequest {
  readonly machines: readonly Machine[];
  /** How machines ask; whatever brings something, unless it is said. */
  readonly channel?: Channel;
  /** Emulated days until it is given up; 120 unless it is said. */
  readonly withinDays?: number;
}

/** A label came further. */
export interface PublicationEvent {
  readonly at: string;
  readonly label: string;
  readonly name: string;
  readonly step: string;
  readonly progress: string;
  readonly state: LabelRollout['state'];
  readonly share: number;
}

export interface FirstOffer extends ScanOffer {
  /** The first instant at which the machine could have had it. */
  readonly first: string;
}

export interface RehearsedMachine extends Omit<ScanAnswer, 'offers'> {
  /** What it is offered in the end. */
  readonly offers: readonly FirstOffer[];
}

export interface PublicationRehearsal {
  readonly at: string;
  readonly labels: readonly LabelRollout[];
  readonly events: readonly PublicationEvent[];
  readonly machines: readonly RehearsedMachine[];
  /** Machines that are offered something. */
  readonly offered: number;
  /** Labels that had not come to everyone when it was given up; empty when all had, or never will. */
  readonly unfinished: readonly string[];
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 120;
/** A label that waits for ever is looked at again every few minutes: this many looks are enough. */
const MAX_EVENTS = 20_000;

const iso = (at: number): string => new Date(at).toISOString();

const momentOf = ({ step, progress, state, share, finalized }: LabelRollout): string =>
  JSON.stringify([step, progress, state, share, finalized]);

const offerKey = (machine: string, { device, label, inf }: ScanOffer): string =>
  JSON.stringify([machine, device, label, inf]);

/** What machines are told at an instant; the first time of each offer is kept. */
class Watch {
  readonly #service: PartnerCenter;
  readonly #request: PublicationRequest;
  readonly #first = new Map<string, string>();
  readonly #moments = new Map<string, string>();
  readonly events: PublicationEvent[] = [];

  constructor(service: PartnerCenter, request: PublicationRequest) {
    this.#service = service;
    this.#request = request;
  }

  /** Notes what changed. @returns whether machines may be told something else now */
  note(): boolean {
    const now = this.#service.now();
    let offers = false;
    for (const label of rolloutsOf(this.#service.state(), now)) {
      const moment = momentOf(label);
      if (this.#moments.get(label.id) === moment) continue;
      this.#moments.set(label.id, moment);
      offers ||= label.share > 0 || label.step === 'microsoftApproval';
      const { id, name, step, progress, state, share } = label;
      this.events.push({ at: iso(now), label: id, name, step, progress, state, share });
    }
    return offers;
  }

  async ask(): Promise<readonly RehearsedMachine[]> {
    const { machines, channel = 'any' } = this.#request;
    const at = iso(this.#service.now());
    const answers = await this.#service.scan(machines.map((machine) => ({ machine, channel })));
    return answers.map((answer) => ({
      ...answer,
      offers: answer.offers.map((offer): FirstOffer => {
        const key = offerKey(answer.id, offer);
        const first = this.#first.get(key) ?? at;
        this.#first.set(key, first);
        return { ...offer, first };
      }),
    }));
  }
}

/**
 * Lets time go by on an emulated Partner Center until every shipping label has come to all its machines, or never will.
 * The labels are there already: whoever publishes made them by the service's HTTP (`inProcessHttp`). It changes the
 * service's clock.
 */
export const rehearsePublication = async (
  service: PartnerCenter,
  request: PublicationRequest,
): Promise<PublicationRehearsal> => {
  const watch = new Watch(service, request);
  const until = service.now() + (request.withinDays ?? DEFAULT_DAYS) * DAY_MS;
  const onTheirWay = (): readonly LabelRollout[] => rolloutsOf(service.state(), service.now()).filter(isOnItsWay);
  await service.advance(0);
  if (watch.note()) await watch.ask();
  for (let looks = 0; looks < MAX_EVENTS && onTheirWay().length > 0; looks += 1) {
    const next = nextEventAt(service.state(), service.now());
    if (next === undefined || next > until) break;
    await service.advance(next - service.now());
    if (watch.note()) await watch.ask();
  }
  const machines = await watch.ask();
  return {
    at: iso(service.now()),
    labels: rolloutsOf(service.state(), service.now()),
    ...{ events: watch.events, machines },
    offered: machines.filter(({ offers }) => offers.length > 0).length,
    unfinished: onTheirWay().map(({ id }) => id),
  };
};
