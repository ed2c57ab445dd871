import type { Diagnostic } from '../../../../core/errors.ts';
import { lineOf, physicalLine, sectionOf } from '../document.ts';
import { lineCount, lineStart } from '../lines.ts';
import type { RegistryWrite } from '../model.ts';
import { isWhqlPlace } from '../rules/registry-places.ts';
import { allWrites, isCoInstaller, keyOf, type PvFacts, type PvInstall, pvProblem } from './facts.ts';

/** Placeholders outside comments, each where it stands first. */
const placeholders = (facts: PvFacts, stampLater: boolean): Diagnostic[] => {
  const { document } = facts;
  const { table } = document;
  const places = new Map<string, number[]>();
  for (let line = 1; line <= lineCount(table) && lineStart(table, line - 1) < table.end; line += 1) {
    const text = physicalLine(document, line);
    if (text.trimStart().startsWith(';')) continue;
    for (const [token] of text.matchAll(/@[A-Z][A-Z_]*[A-Z]@|\$ARCH\$/g)) {
      if (stampLater && token === '$ARCH$') continue;
      const lines = places.get(token) ?? [];
      places.set(token, [...lines.slice(0, 99), line]);
    }
  }
  return [...places].map(([token, [line, ...more]]) => {
    const message = `The placeholder ${token} was not replaced${more.length > 0 ? `, here and in ${more.length} more places` : ''}.`;
    const hint = 'Render the template for a brand before it is checked or signed.';
    return pvProblem(facts, 'PV_UNSTAMPED', message, { line, token, failureMode: 'F33', hint });
  });
};

/** F33: what a template leaves to be filled in. */
export const checkUnstamped = (facts: PvFacts, stampLater: boolean): readonly Diagnostic[] => {
  const { document, model } = facts;
  const found = placeholders(facts, stampLater);
  const { driverVer } = model.version;
  const line = lineOf(sectionOf(document, 'Version'), 'DriverVer')?.line;
  if (driverVer !== undefined && !stampLater && found.length === 0) {
    const [date = '', version = ''] = driverVer.text.split(',');
    if (/^0?1[/-]0?1[/-]1900$/.test(date.trim()) || /^0+(\.0+){0,3}$/.test(version.trim())) {
      const message = `DriverVer is still "${driverVer.text}", which ranks below every other driver and is refused for signing.`;
      found.push(
        pvProblem(facts, 'PV_UNSTAMPED', message, {
          line,
          token: driverVer.text,
          failureMode: 'F33',
          hint: 'Stamp it with a date and a version.',
        }),
      );
    }
  }
  return found;
};

/** The key of a line that no driver may write to today, as written. */
const refusedPlace = ({ key }: RegistryWrite): string | undefined => {
  const [root = '', ...path] = key.split('\\');
  const known = /^HK(LM|CR|CU|U|R)$/i.test(root);
  return known && !isWhqlPlace(root.toUpperCase(), path.join('\\')) ? key : undefined;
};

type Write = PvInstall['registry'][number];

const LOW = 'warning';

/** F32 */
const coInstaller = (facts: PvFacts, { line, name }: Write): Diagnostic =>
  pvProblem(
    facts,
    'PV_OLD_PROGRAMME',
    'The INF registers a co-installer, which drivers for current Windows may not have.',
    { line, token: name, severity: LOW, failureMode: 'F32', hint: 'Do its work in the INF or in a service.' },
  );

/** F31 */
const outside = (facts: PvFacts, { line, name }: Write, place: string): Diagnostic =>
  pvProblem(facts, 'PV_REGISTRY_PLACE', `A driver may not write to ${place}, which current checks refuse.`, {
    ...{ line, token: name, severity: LOW, failureMode: 'F31' },
    hint: 'Write below HKR, or below the services of the package; leave the rest to a setup program.',
  });

/** F31 */
const bootFlags = (facts: PvFacts, { line, name }: Write, os: string): Diagnostic =>
  pvProblem(
    facts,
    'PV_BOOT_FLAGS',
    `BootFlags is set by AddReg for ${os || 'every Windows'}, which current checks refuse.`,
    {
      ...{ line, token: name, severity: LOW, failureMode: 'F31' },
      hint: 'For NTamd64.10.0...25398 and later use the directive BootFlags = 0x81 in a service section of its own.',
    },
  );

const setsBootFlags = (write: Write): boolean =>
  write.scope === 'service' && keyOf(write) === 'hkr' && write.name.toLowerCase() === 'bootflags';

const lineFindings = (facts: PvFacts, install: PvInstall, write: Write): readonly Diagnostic[] => {
  const place = facts.coInstallers ? undefined : refusedPlace(write);
  return [
    ...(isCoInstaller(write) ? [coInstaller(facts, write)] : []),
    ...(place === undefined ? [] : [outside(facts, write, place)]),
    ...(install.current && setsBootFlags(write) ? [bootFlags(facts, write, install.os)] : []),
  ];
};

/** What is accepted for signing today: F31 and F32. Warnings, for packages in these forms were signed in their time. */
export const checkProgramme = (facts: PvFacts): readonly Diagnostic[] => {
  const { document, model, installs } = facts;
  const found = new Map<string, Diagnostic>();
  for (const install of installs) {
    for (const write of allWrites(install)) {
      for (const one of lineFindings(facts, install, write)) found.set(`${one.code} ${write.line}`, one);
    }
  }
  if (model.version.pnpLockdown) return [...found.values()];
  const version = sectionOf(document, 'Version');
  const lockdown = pvProblem(facts, 'PV_OLD_PROGRAMME', '[Version] has no PnpLockdown=1.', {
    line: lineOf(version, 'PnpLockdown')?.line ?? version?.headers[0],
    ...{ severity: LOW, failureMode: 'F32', hint: 'Add PnpLockdown=1.' },
  });
  return [...found.values(), lockdown];
};
