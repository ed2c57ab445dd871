import type { InfDocument, InfLine, InfSection } from '../document.ts';
import type { InfDevice, InfModel } from '../model.ts';
import type { InfArch } from '../target-os.ts';

/**
 * The sets of rules an INF is judged by (spec infverif.md section 1): none is syntax and structure only, h the current
 * WHQL requirements, u universal, w Windows Driver (package isolation), k declarative.
 */
export type InfMode = 'none' | 'h' | 'u' | 'w' | 'k';

/** E error, W warning, - not reported. */
export type RuleLevel = 'E' | 'W' | '-';

/** One documented code. Its title is in core/inf-rule-codes.ts. */
export interface RuleRow {
  readonly code: number;
  readonly level: Readonly<Record<InfMode, RuleLevel>>;
  /** What to do about it, in general; a finding may say it better. */
  readonly fix: string;
  /** The build whose rules have it first, when that is known. */
  readonly since?: number;
  /** Why winpv cannot report it. */
  readonly notPossible?: string;
}

/** What a section is for, told from who names it. */
export type SectionKind =
  // Named by Windows itself.
  | 'version'
  | 'strings'
  | 'manufacturer'
  | 'source-disks-names'
  | 'source-disks-files'
  | 'destination-dirs'
  | 'control-flags'
  | 'signature-attributes'
  | 'interface-install32'
  | 'device-install32'
  | 'default-uninstall'
  | 'default-uninstall-services'
  // Named by [Manufacturer] or a Models line, and the related sections of an install section.
  | 'models'
  | 'install'
  | 'hw'
  | 'services'
  | 'coinstallers'
  | 'interfaces'
  | 'filters'
  | 'events'
  | 'components'
  | 'software'
  | 'com'
  | 'wmi'
  | 'wdf'
  | 'factdef'
  | 'logconfig-override'
  | 'net-drivers'
  | 'class-install'
  | 'class-install-services'
  // Named by a directive.
  | 'add-reg'
  | 'del-reg'
  | 'bit-reg'
  | 'copy-files'
  | 'del-files'
  | 'ren-files'
  | 'add-property'
  | 'del-property'
  | 'service'
  | 'event-log'
  | 'interface'
  | 'interface-class'
  | 'filter'
  | 'component'
  | 'software-install'
  | 'event-provider'
  | 'event-channel'
  | 'auto-logger'
  | 'auto-logger-provider'
  | 'update-auto-logger'
  | 'com-server'
  | 'com-class'
  | 'wmi-interface'
  | 'wdf-service'
  | 'trigger'
  | 'failure-actions'
  | 'power-setting'
  | 'update-inis'
  | 'update-ini-fields'
  | 'ini2reg'
  | 'register-dlls'
  | 'profile-items'
  | 'log-config'
  | 'net-filter'
  | 'net-protocol'
  | 'security';

/** A Windows; numbers that a decoration does not give are 0. */
export type BuildNumbers = readonly [major: number, minor: number, build: number];

/** A Windows version that an INF is for: a decoration of [Manufacturer], or of DefaultInstall. */
export interface RuleTarget {
  /** As findings show it: `NTamd64.10.0...17763`; `NTx86` for an undecorated section. */
  readonly os: string;
  readonly arch: InfArch;
  /** The oldest Windows it can be: major, minor, build (0 when not given). */
  readonly oldest: BuildNumbers;
  /** The first Windows that a newer decoration takes over; undefined when the newest Windows uses it too. */
  readonly until: BuildNumbers | undefined;
  readonly installs: readonly TargetInstall[];
}

/** An install section as one Windows uses it. */
export interface TargetInstall {
  /** The name a Models line gives, or `DefaultInstall`. */
  readonly base: string;
  /** The section used, with its decoration; undefined when there is none. */
  readonly section: InfSection | undefined;
  /** The Models lines that name it; none for DefaultInstall. */
  readonly devices: readonly InfDevice[];
}

/** A section in one of its roles. One section may have several, which is a fault in itself (1205, 1206). */
export interface RuleSection {
  readonly kind: SectionKind;
  readonly section: InfSection;
  /** Who names it in this role; empty for a section that Windows looks up by its own name. */
  readonly uses: readonly SectionUse[];
  /** For which Windows it counts; empty when none reaches it (Version, Strings, unused sections). */
  readonly targets: readonly RuleTarget[];
}

/** One place that names a section. */
export interface SectionUse {
  /** The directive as documented (`AddReg`, `AddService`, `Needs`); a suffix (`.Services`) for a related section. */
  readonly directive: string;
  /** The name as written there. */
  readonly name: string;
  readonly kind: SectionKind;
  /** The section that names it; undefined for [Manufacturer] and for what Windows looks up itself. */
  readonly from: RuleSection | undefined;
  /** The line that names it; undefined for a related section. */
  readonly line: InfLine | undefined;
  /** The section named, if this INF has it. */
  readonly section: InfSection | undefined;
}

export interface RuleOptions {
  readonly mode: InfMode;
  /** Judge by the rules of this build of Windows; undefined for the newest. */
  readonly ruleBuild: number | undefined;
  /** For mode w: only targets of this build and later must be isolated. */
  readonly isolationBuild: number;
  /** Accept `$ARCH$`, as in a file that is to be stamped. */
  readonly stampinf: boolean;
  /** Judge for this decoration only. */
  readonly osver: string | undefined;
  /** The Provider that the INF must have. */
  readonly provider: string | undefined;
}

/** What every rule may look at. `$ARCH$` has been replaced by amd64; lines are those of the file. */
export interface RuleContext {
  readonly document: InfDocument;
  readonly model: InfModel;
  readonly options: RuleOptions;
  /** INFs that may be included, by file name in lower case. */
  readonly library: ReadonlyMap<string, InfDocument>;
  readonly targets: readonly RuleTarget[];
  /** Every section in every role that it has. */
  readonly sections: readonly RuleSection[];
  /** The sections that have a role. */
  of(kind: SectionKind): readonly RuleSection[];
  /** The roles of a section, by its name in any case. */
  rolesOf(name: string): readonly RuleSection[];
  /** All places that name a section, whether it exists or not. */
  readonly uses: readonly SectionUse[];
  /** Lines that hold `$ARCH$`, from 1. */
  readonly unstampedLines: readonly number[];
  /** Class=Extension, or its GUID. */
  readonly isExtension: boolean;
}

/** Something a rule found. The engine adds level, file, column and excerpt, and drops what the mode does not report. */
export interface RuleFinding {
  readonly code: number;
  /** Physical line, from 1; none for a fault of the whole file. */
  readonly line?: number;
  readonly section?: string;
  /** Our own words, without the position. */
  readonly message: string;
  /** Replaces the fix of the table. */
  readonly hint?: string;
  /** `os` of the first target that shows it, when it depends on the target. */
  readonly target?: string;
  /** Text on the line that the finding is about, for the column. */
  readonly token?: string;
  /** `W` when it is a warning even where the rule is an error: the documentation does not decide. */
  readonly atMost?: 'W';
}

export type RuleGroup = (context: RuleContext) => readonly RuleFinding[];

/** The targets, as text to put into a finding: the first one. */
export const firstTarget = (section: RuleSection): { readonly target?: string } => {
  const os = section.targets[0]?.os;
  return os === undefined ? {} : { target: os };
};

/** More INFs than any section includes; the rest is not looked at. */
const MAX_INCLUDES = 64;

const includedFiles = new WeakMap<InfSection, readonly string[]>();

/** The INFs that a section includes, in lower case. */
export const includedBy = (section: InfSection): readonly string[] => {
  const known = includedFiles.get(section);
  if (known !== undefined) return known;
  const names = directivesOf(section, 'Include').flatMap(({ fields }) => fields.filter((file) => file !== ''));
  const files = [...new Set(names.map((file) => file.toLowerCase()))].slice(0, MAX_INCLUDES);
  includedFiles.set(section, files);
  return files;
};

/** All directive lines of a section with a key, ignoring case. */
export const directivesOf = (section: InfSection, key: string): readonly InfLine[] => {
  const wanted = key.toLowerCase();
  return section.lines.filter((line) => line.key?.toLowerCase() === wanted);
};
