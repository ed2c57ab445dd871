import { z } from 'zod';
import { dateTime, parseServiceTime } from '../../../publishing/partner-center/wire.ts';
import { WINDOWS_UPDATE_CONTROLS } from '../windows-update/controls.ts';
import { type Call, functional, gateway, jsonText, type Outcome, readBody } from './answers.ts';
import { FAULTS, isFault, switchOff, switchOn } from './faults.ts';
import { receiveSubmission } from './other-endpoints.ts';
import { moveClock, nextEventAt } from './workflow.ts';

/** What the emulator has and the service has not: below /emulator, without a token. */

const fault = z.strictObject({
  name: z.string(),
  /** false switches it off. */
  on: z.boolean().optional(),
  /** How often it strikes; without, as `GET /emulator/faults` says of it. */
  times: z.int().positive().optional(),
});

const setFault = (call: Call): Outcome => {
  const body = readBody(call.request, fault);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const { name, on = true, times } = body.value;
  if (!isFault(name)) return { state: call.state, response: functional('invalidInput', 'There is no such fault.') };
  const state = on ? switchOn(call.state, name, times) : switchOff(call.state, name);
  return { state, response: jsonText(200, JSON.stringify({ on: [...state.faults.keys()] })) };
};

const showFaults = ({ state }: Call): Outcome => {
  const faults = Object.entries(FAULTS).map(([name, { summary, times }]) => ({
    name,
    on: state.faults.has(name),
    times: state.faults.has(name) ? state.faults.get(name)?.times : times,
    summary,
  }));
  return { state, response: jsonText(200, JSON.stringify({ faults })) };
};

const MAX_ADVANCE_MS = 3_650 * 24 * 3_600_000;

const clockMove = z.strictObject({
  advanceMs: z.int().nonnegative().max(MAX_ADVANCE_MS).optional(),
  /** To a day or an instant that is still to come. */
  to: dateTime.optional(),
  /** To the moment at which something happens next. */
  toNextEvent: z.literal(true).optional(),
});

const showClock = (state: Call['state'], now: number): Outcome => {
  const next = nextEventAt(state, now);
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return { state, response: jsonText(200, JSON.stringify({ now: iso(now), nextEventAt: iso(next) })) };
};

const setClock = (call: Call): Outcome => {
  const body = readBody(call.request, clockMove);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const { advanceMs = 0, to, toNextEvent } = body.value;
  const wanted = parseServiceTime(to ?? '');
  if (wanted !== undefined && (wanted < call.now || wanted > call.now + MAX_ADVANCE_MS)) {
    const message = 'The clock goes ahead only, and by ten years at most.';
    return { state: call.state, response: functional('invalidInput', message, [{ target: 'to', message }]) };
  }
  const next = toNextEvent === true ? nextEventAt(call.state, call.now) : undefined;
  const by = Math.max(advanceMs, (wanted ?? 0) - call.now, (next ?? 0) - call.now);
  return showClock(moveClock(call.state, by), call.now + by);
};

const CONTROLS: Readonly<Record<string, (call: Call) => Outcome>> = {
  'GET /emulator/faults': showFaults,
  'POST /emulator/faults': setFault,
  'GET /emulator/clock': (call) => showClock(call.state, call.now),
  'POST /emulator/clock': setClock,
  'POST /emulator/received': receiveSubmission,
  ...WINDOWS_UPDATE_CONTROLS,
};

export const handleControl = (call: Call): Outcome => {
  const handle = CONTROLS[`${call.request.method} ${call.request.path.replace(/\/$/, '')}`];
  return handle === undefined ? { state: call.state, response: gateway(404, 'Resource not found') } : handle(call);
};
