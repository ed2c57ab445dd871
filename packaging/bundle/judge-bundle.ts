import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { checkPvInf } from '../formats/inf/pv-rules.ts';
import type { InfMode } from '../formats/inf/rules/contract.ts';
import { INF_MODES } from '../formats/inf/rules/modes.ts';
import { verifyInfModes } from '../formats/inf/rules/verify.ts';
import type { Bundle, DriverPackage } from './bundle.ts';
import { packageFolder } from './bundle.ts';
import { checkView } from './check.ts';
import { checkBrandInf, type InfBrand } from './check-brand.ts';
import type { AddedLine } from './inf-additions.ts';
import { type PackageInf, type PackageView, packageView } from './package-view.ts';

/** Where the INF of a package came from, so that findings point at what people edit. */
export interface InfOrigin {
  readonly path: string;
  /** Lines of the template that fell away when it was rendered, ascending, from 1. */
  readonly dropped: readonly number[];
  /** Lines that the brand file added after that; findings in them point there. */
  readonly added?: readonly AddedLine[];
  /** Made from winpv's own template: held to everything, for what is wrong there is winpv's fault. */
  readonly own: boolean;
}

export interface BundleJudgement {
  readonly bundle: Bundle<'catalogued'>;
  readonly origin: (pack: DriverPackage) => InfOrigin;
  /** The vendor prefix of the brand, which its bus driver is built with. */
  readonly vendorPrefix: string;
  /** The vendor's own platform function, four hex digits. */
  readonly vendorDeviceId?: string | undefined;
  /** Whether the brand asks for emulated devices to be taken away at every start; not judged when not given. */
  readonly forceUnplug?: boolean;
  /** Begins the names of WMI classes, where the brand says so. */
  readonly objectPrefix?: string | undefined;
  /** Whether the brand asks for version resources to be rewritten. */
  readonly rewriteVersions?: boolean;
  /** The rules that the project holds its INFs to; undefined when it does not say. */
  readonly mode: InfMode | undefined;
  /** Milliseconds since 1970, to tell catalogs from the future. */
  readonly nowMs: number;
}

/** A finding and the package it was found in: `xenproject/xenbus/x64`. */
export interface PackageFinding {
  readonly folder: string;
  readonly finding: Diagnostic;
}

export interface BundleVerdict {
  readonly findings: readonly PackageFinding[];
  /** By folder of the package below the brand: the sets of rules in which its INF has no error. */
  readonly modesPassed: ReadonlyMap<string, readonly InfMode[]>;
}

/** The rules that INFs are judged by when a project does not say: what Windows certification demands now. */
export const DEFAULT_INF_MODE: InfMode = 'h';

/**
 * What Windows installs but signs no more: co-installers and other forms of earlier times. Upstream's templates before
 * 2023 cannot be without them, so that they stop a release only where the project asks for a set of rules.
 */
const FORMS_OF_THEIR_TIME: ReadonlySet<number> = new Set([1300, 1301, 1302, 1303]);

/** The line of the template that became a line of the INF. */
export const templateLine = (dropped: readonly number[], rendered: number): number => {
  let line = rendered;
  for (const gone of dropped) if (gone <= line) line += 1;
  return line;
};

const asWarning = (finding: Diagnostic): Diagnostic =>
  finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding;

const identity = ({ code, at, message }: Diagnostic): string => JSON.stringify([code, at?.line, message]);

/** Microsoft's rules: all errors of the mode stop a release that asks for it; else those of every mode. */
const ruleFindings = (
  found: ReadonlyMap<InfMode, readonly Diagnostic[]>,
  mode: InfMode,
  strict: boolean,
): readonly Diagnostic[] => {
  const own = found.get(mode) ?? [];
  if (strict) return own;
  const always = new Set(
    (found.get('none') ?? [])
      .filter(({ severity, rule }) => severity === 'error' && !FORMS_OF_THEIR_TIME.has(rule ?? 0))
      .map(identity),
  );
  return own.map((finding) => (always.has(identity(finding)) ? finding : asWarning(finding)));
};

/** The model may refuse what the document has, such as a path out of the package. */
const pvFindings = ({ document, model }: PackageInf): readonly Diagnostic[] => {
  try {
    return checkPvInf(document, model);
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
};

interface InfDemands extends InfBrand {
  readonly mode: InfMode | undefined;
  readonly withBus: boolean;
}

interface InfJudgement {
  readonly findings: readonly Diagnostic[];
  readonly passed: readonly InfMode[];
}

const judgeInf = (inf: PackageInf, origin: InfOrigin, { mode: asked, ...brand }: InfDemands): InfJudgement => {
  const { document } = inf;
  const judged = verifyInfModes(document, INF_MODES, { file: document.file });
  const found = new Map([...judged].map(([mode, { findings }]) => [mode, findings] as const));
  const strict = origin.own || asked !== undefined;
  const pv = pvFindings(inf);
  return {
    findings: [
      ...ruleFindings(found, asked ?? DEFAULT_INF_MODE, strict),
      ...(strict ? pv : pv.map(asWarning)),
      ...checkBrandInf(inf, { ...brand, strict }),
    ],
    passed: INF_MODES.filter((mode) => judged.get(mode)?.verdict === 'valid'),
  };
};

/** A finding in the INF points at the template, in the template's lines. */
export const atOrigin = (
  finding: Diagnostic,
  infPath: string,
  { path, dropped, added = [] }: InfOrigin,
): Diagnostic => {
  const { at } = finding;
  if (at?.file !== infPath) return finding;
  const own = added.find(({ line }) => line === at.line);
  if (own !== undefined) return { ...finding, at: own.at };
  const before = at.line === undefined ? 0 : added.filter(({ line }) => line < (at.line ?? 0)).length;
  const line = at.line === undefined ? {} : { line: templateLine(dropped, at.line - before) };
  return { ...finding, at: { ...at, file: path, ...line } };
};

const viewOf = ({ brandId, packages }: Bundle<'catalogued'>): PackageView =>
  packageView(
    packages.flatMap((pack) =>
      pack.files
        // What the brand adds is named by no INF on purpose.
        .filter(({ role }) => role !== 'extra')
        .map(({ name, bytes }) => ({ path: `${packageFolder(pack)}/${name}`, bytes })),
    ),
    (path) => `${brandId}/${path}`,
  );

/**
 * Judges the packages of a brand before they are signed: each INF by the rules of a mode and by winpv's own for PV
 * drivers, and all of them as packages that have to be closed and to fit each other (check.ts). Findings that a release
 * has to stop for are errors.
 *
 * Without a mode, an INF that winpv did not write stops the release for what is wrong in every mode only: packages of
 * every generation of upstream's can be made, and what is wrong with them is told.
 */
export const judgeBundle = (judgement: BundleJudgement): BundleVerdict => {
  const { bundle, origin, vendorPrefix, vendorDeviceId, rewriteVersions = false, mode, nowMs } = judgement;
  const { forceUnplug, objectPrefix } = judgement;
  const view = viewOf(bundle);
  const closure = checkView(view, nowMs, { vendorPrefix, objectPrefix, rewriteVersions });
  const withBus = view.infs.some(({ pv }) => pv?.kind === 'xenbus');
  const demands: InfDemands = { mode, vendorPrefix, vendorDeviceId, forceUnplug, withBus };
  const modesPassed = new Map<string, readonly InfMode[]>();
  const findings: PackageFinding[] = [];
  for (const pack of bundle.packages) {
    const inPackage = packageFolder(pack);
    const folder = `${bundle.brandId}/${inPackage}`;
    const from = origin(pack);
    const inf = view.infs.find(({ path }) => path === `${inPackage}/${pack.infName}`);
    const judged = inf === undefined ? undefined : judgeInf(inf, from, demands);
    modesPassed.set(inPackage, judged?.passed ?? []);
    const own = closure.filter(({ at }) => at?.file.startsWith(`${folder}/`));
    for (const finding of [...(judged?.findings ?? []), ...own]) {
      findings.push({ folder, finding: atOrigin(finding, `${folder}/${pack.infName}`, from) });
    }
  }
  const elsewhere = closure.filter(
    ({ at }) => !bundle.packages.some((pack) => at?.file.startsWith(`${bundle.brandId}/${packageFolder(pack)}/`)),
  );
  findings.push(...elsewhere.map((finding) => ({ folder: bundle.brandId, finding })));
  return { findings, modesPassed };
};

/** `xenproject/xenbus/x64 and 3 more packages` */
const named = ([first = '', ...others]: readonly string[]): string => {
  if (others.length === 0) return first;
  if (others.length < MAX_NAMED) return [first, ...others].join(', ');
  return `${first} and ${others.length} more packages`;
};
const MAX_NAMED = 3;

/** A finding that depends on the decoration says so; packages of several architectures differ in that alone. */
const TARGET = / \(Target [^()]*\.\)$/;
const withoutTarget = (message: string): string => message.replace(TARGET, '');

/** Findings that say the same of several packages, once each, with the packages named. */
export const mergedFindings = (found: readonly PackageFinding[]): readonly Diagnostic[] => {
  const groups = new Map<string, { first: Diagnostic; readonly folders: Set<string> }>();
  for (const { folder, finding } of found) {
    const { severity, code, message, hint, failureMode, at } = finding;
    const common = withoutTarget(message);
    const key = JSON.stringify([severity, code, common, hint, failureMode, at?.line]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: finding, folders: new Set([folder]) });
    else {
      group.folders.add(folder);
      if (group.first.message !== message) group.first = { ...group.first, message: common };
    }
  }
  return [...groups.values()].map(({ first, folders }) => ({
    ...first,
    message: `${first.message} (In ${named([...folders])}.)`,
  }));
};
