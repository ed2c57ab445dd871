import { expect } from 'vitest';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { type VerifyInfOptions, verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
import { INF_VARIANTS } from './inf-variants.ts';

/** An INF that no rule of any mode has anything against. */
export const GOOD_INF = `[Version]
Signature = "$Windows NT$"
Class = SCSIAdapter
ClassGuid = {4D36E97B-E325-11CE-BFC1-08002BE10318}
Provider = %Vendor%
DriverVer = 02/03/2025,1.2.3.4
CatalogFile = disk.cat
PnpLockdown = 1

[SourceDisksNames]
1 = %DiskName%

[SourceDisksFiles]
disk.sys = 1

[DestinationDirs]
Disk.Files = 13

[Manufacturer]
%Vendor% = Models,NTamd64.10.0...17763

[Models.NTamd64.10.0...17763]
%DeviceName% = Disk,ACME\\Disk

[Disk.NT]
CopyFiles = Disk.Files

[Disk.Files]
disk.sys

[Disk.NT.Services]
AddService = acmedisk,2,Disk.Service

[Disk.Service]
DisplayName = %DeviceName%
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\\disk.sys

[Strings]
Vendor = "Acme"
DiskName = "Installation disk"
DeviceName = "Acme disk"
`;

/** A primitive driver that no rule has anything against. */
export const GOOD_PRIMITIVE = `[Version]
Signature = "$Windows NT$"
Class = ActivityMonitor
ClassGuid = {b86dff51-a31e-4bac-b3cf-e8cfe75c9fc2}
Provider = %Vendor%
DriverVer = 02/03/2025,1.2.3.4
CatalogFile = watch.cat
PnpLockdown = 1

[SourceDisksNames]
1 = %DiskName%

[SourceDisksFiles]
watch.sys = 1

[DestinationDirs]
DefaultDestDir = 13

[DefaultInstall.NTamd64]
CopyFiles = @watch.sys

[DefaultInstall.NTamd64.Services]
AddService = acmewatch,,Watch.Service

[Watch.Service]
ServiceType = 2
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\\watch.sys
LoadOrderGroup = "FSFilter Activity Monitor"

[Strings]
Vendor = "Acme"
DiskName = "Installation disk"
`;

export type Change = readonly [from: string, to: string];

/** The text with lines replaced; each must be there. */
export const changed = (text: string, ...changes: readonly Change[]): string =>
  changes.reduce((current, [from, to]) => {
    if (!current.includes(from)) throw new Error(`The INF has no "${from}".`);
    return current.replace(from, () => to);
  }, text);

export const infBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Lines that carry the mark `;!`: where a finding must be. */
const markedLines = (text: string): readonly number[] =>
  text.split('\n').flatMap((line, index) => (line.includes(';!') ? [index + 1] : []));

/** Rules that a text breaks, as `number@line`; line 0 for findings of the whole file. */
export const brokenRules = (text: string, options: VerifyInfOptions = {}): readonly string[] =>
  verifyInf(infBytes(text), options).findings.map(({ rule, at }) => `${rule}@${at?.line ?? 0}`);

export interface RuleCase {
  readonly code: number;
  /** What is wrong, to complete "finds …". */
  readonly what: string;
  readonly inf?: string;
  /** What to change to break the rule; the lines at fault have the mark `;!`. Without a mark the whole file is. */
  readonly bad: readonly Change[];
  /** A change that comes near and is allowed; the unchanged INF is tried always. */
  readonly good?: readonly Change[];
  readonly options?: VerifyInfOptions;
  readonly library?: Readonly<Record<string, string>>;
  readonly severity?: 'error' | 'warning';
}

type FullOptions = VerifyInfOptions & { readonly library: NonNullable<VerifyInfOptions['library']> };

/** The lines at which a rule is broken, by an INF written in one way. */
const brokenAt = (rule: RuleCase, bytes: Uint8Array, options: FullOptions) =>
  verifyInf(bytes, options).findings.filter((finding) => finding.rule === rule.code);

/** Tries a rule on an INF that breaks it, and on one that does not, in every way to write the two. */
export const checkRule = (rule: RuleCase): void => {
  const library = new Map(
    Object.entries(rule.library ?? {}).map(([name, text]) => [name, parseInf(infBytes(text), name)]),
  );
  const options = { library, ...rule.options };
  const base = rule.inf ?? GOOD_INF;
  const bad = changed(base, ...rule.bad);
  const good = changed(base, ...(rule.good ?? []));
  const found = brokenAt(rule, infBytes(bad), options);
  const marked = markedLines(bad);
  expect(found.map(({ at }) => at?.line ?? 0)).toEqual(marked.length === 0 ? [0] : marked);
  expect(found[0]?.severity).toBe(rule.severity ?? 'error');
  expect(found[0]?.hint).toBeTruthy();
  expect(brokenAt(rule, infBytes(good), options)).toEqual([]);
  for (const { name, apply, bytes, not } of INF_VARIANTS) {
    if (not.includes(rule.code)) continue;
    const text = apply(bad);
    const lines = markedLines(text);
    const others = brokenAt(rule, bytes(text), options).map(({ at, severity }) => [at?.line ?? 0, severity]);
    const expected = (lines.length === 0 ? [0] : lines).map((line) => [line, rule.severity ?? 'error']);
    expect([name, others]).toEqual([name, expected]);
    expect([name, brokenAt(rule, bytes(apply(good)), options)]).toEqual([name, []]);
  }
};
