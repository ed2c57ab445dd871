import type { Diagnostic, Severity } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { allWrites, keyOf, type PvFacts, pvProblem } from '../formats/inf/pv/facts.ts';
import type { PackageInf } from './package-view.ts';

/** What a brand says that its INFs have to say too. */
export interface InfBrand {
  readonly vendorPrefix: string;
  readonly vendorDeviceId?: string | undefined;
  /** Not judged when not given. */
  readonly forceUnplug?: boolean | undefined;
}

export interface BrandCheck extends InfBrand {
  /** Whether the INF is held to everything, as winpv's own are. */
  readonly strict: boolean;
  /** Whether the release has the bus driver, which was built with the brand's prefix. */
  readonly withBus: boolean;
}

/** Whether an INF says what its brand says (F01, F02, F14). */
export const checkBrandInf = ({ pv }: PackageInf, check: BrandCheck): readonly Diagnostic[] =>
  pv === undefined ? [] : [...checkPrefix(pv, check), ...checkFunction(pv, check), ...checkForced(pv, check)];

/** F01: the bus makes devices under the brand's prefix, so an INF with another one matches none of them. */
const checkPrefix = (pv: PvFacts, { vendorPrefix, strict, withBus }: BrandCheck): readonly Diagnostic[] => {
  const other = pv.ids.find(({ prefix }) => prefix !== undefined && prefix !== vendorPrefix.toUpperCase());
  if (other === undefined) return [];
  // Templates of before 2015 have another vendor's prefix in them; alone they can be made, and it is told.
  const severity: Severity = strict || withBus ? 'error' : 'warning';
  const message = `The id ${shownText(other.text)} has the prefix "${shownText(other.prefix ?? '')}", and the brand has "${vendorPrefix}".`;
  const hint = "Write @VENDOR_PREFIX@ in the template, or build the tree with the brand's prefix.";
  return [pvProblem(pv, 'PV_ID_PREFIX', message, { line: other.line, severity, failureMode: 'F01', hint })];
};

/** The platform's own functions; every other one is a vendor's. */
const PLATFORM = new Set(['0001', '0002']);

/** F02: hosts that present the vendor's function get no driver from an INF that does not name it. */
const checkFunction = (pv: PvFacts, { vendorDeviceId, strict }: BrandCheck): readonly Diagnostic[] => {
  const named = new Set(pv.ids.flatMap(({ platform }) => platform ?? []));
  if (vendorDeviceId === undefined || named.size === 0 || named.has(vendorDeviceId.toUpperCase())) return [];
  const others = [...named].filter((one) => !PLATFORM.has(one));
  const message =
    others.length === 0
      ? `The INF has no id for the brand's platform function ${vendorDeviceId}.`
      : `The INF has an id for the platform function ${others.join(' and ')}, and none for ${vendorDeviceId}, which is the brand's.`;
  // Templates of before 2015 name C000 whatever the brand is.
  const severity: Severity = strict || others.length === 0 ? 'error' : 'warning';
  const hint = 'Write an id with @VENDOR_DEVICE_ID@ in the template, or build the tree for the brand.';
  const line = pv.ids[0]?.line;
  return [pvProblem(pv, 'PV_ID_PLATFORM', message, { line, severity, failureMode: 'F02', hint })];
};

const FORCE_KEY = /\\services\\xen\\forceunplug$/;

/** F14: the start repairs itself unless a forced request stands in its way, so only a brand that asks for one has it. */
const checkForced = (pv: PvFacts, { forceUnplug }: BrandCheck): readonly Diagnostic[] => {
  if (forceUnplug !== false) return [];
  const write = pv.installs.flatMap(allWrites).find((one) => FORCE_KEY.test(keyOf(one)) && one.value !== 0);
  if (write === undefined) return [];
  const message = `The INF takes the emulated ${shownText(write.name)} away at every start, and the brand does not ask for that.`;
  const hint = 'End the line of the template with ; @FORCE_UNPLUG@, take it out, or set forceUnplug for the brand.';
  const detail = { line: write.line, token: write.name, failureMode: 'F14', hint };
  return [pvProblem(pv, 'PV_FORCE_UNPLUG', message, detail)];
};
