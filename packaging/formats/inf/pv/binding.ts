import type { Diagnostic } from '../../../../core/errors.ts';
import { lineOf } from '../document.ts';
import { type PvFacts, pvProblem } from './facts.ts';
import { GRAPHICS_FUNCTION } from './ids.ts';

/** Whom the INF matches, and how well (spec xen-pv 1.2, 1.4, 2.1). */
export const checkBinding = (facts: PvFacts): readonly Diagnostic[] => [
  ...checkPrefix(facts),
  ...checkPlatforms(facts),
  ...checkRevisions(facts),
  ...checkForeign(facts),
  ...checkFeatureScore(facts),
];

type Ids = PvFacts['ids'];

/** F01: a child whose ids carry two prefixes is found under one of them only. */
const checkPrefix = (facts: PvFacts): readonly Diagnostic[] => {
  const [first, ...rest] = facts.ids.filter(({ prefix }) => prefix !== undefined);
  const other = rest.find(({ prefix }) => prefix !== first?.prefix);
  if (first === undefined || other === undefined) return [];
  const message = `The id ${other.text} has the prefix "${other.prefix}", and ${first.text} has "${first.prefix}".`;
  return [
    pvProblem(facts, 'PV_ID_PREFIX', message, {
      line: other.line,
      failureMode: 'F01',
      hint: 'Use the vendor prefix of the bus driver in every id.',
    }),
  ];
};

/** The ids of each Models section, by its decoration. */
const byDecoration = (ids: Ids): readonly Ids[] => {
  const groups = new Map<string, Ids[number][]>();
  for (const id of ids) {
    const key = id.os.toLowerCase();
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [id]);
    else own.push(id);
  }
  return [...groups.values()];
};

const platformsOf = (ids: Ids): readonly string[] => [...new Set(ids.flatMap(({ platform }) => platform ?? []))];

/** F02: every Models section is for the same functions, and for both that every host may present. */
const checkPlatforms = (facts: PvFacts): readonly Diagnostic[] => {
  const groups = byDecoration(facts.ids);
  const all = platformsOf(facts.ids);
  // In the form of 2013 children named none, and the bus one, with its subsystem.
  if (all.length === 0 || facts.ids.every(({ text }) => /&SUBSYS_/i.test(text))) return [];
  const found: Diagnostic[] = [];
  for (const group of groups) {
    const own = platformsOf(group);
    const line = group[0]?.line;
    const where = groups.length > 1 ? `The Models section for ${group[0]?.os || 'x86'}` : 'The INF';
    for (const platform of all.filter((one) => !own.includes(one))) {
      found.push(
        pvProblem(
          facts,
          'PV_ID_PLATFORM',
          `${where} has no id for the platform function ${platform}, and another has.`,
          {
            line,
            failureMode: 'F02',
            hint: `Add the id of ${platform}, so that the device is found on hosts that present it.`,
          },
        ),
      );
    }
  }
  for (const platform of ['0001', '0002'].filter((one) => !all.includes(one))) {
    const message = `The INF has no id for the platform function ${platform}, which some hosts present.`;
    found.push(
      pvProblem(facts, 'PV_ID_PLATFORM', message, {
        line: facts.ids[0]?.line,
        severity: 'warning',
        failureMode: 'F02',
        hint: `Add the id of ${platform}.`,
      }),
    );
  }
  return found;
};

/** F03: a child binds one revision, on every function. */
const checkRevisions = (facts: PvFacts): readonly Diagnostic[] =>
  byDecoration(facts.ids).flatMap((group) => {
    const [first, ...rest] = group.filter(({ revision }) => revision !== undefined);
    const other = rest.find(({ revision }) => revision !== first?.revision);
    if (first === undefined || other === undefined) return [];
    const message = `The id ${other.text} is of revision ${other.revision}, and ${first.text} of ${first.revision}.`;
    return pvProblem(facts, 'PV_ID_REVISION', message, {
      line: other.line,
      severity: 'warning',
      failureMode: 'F03',
      hint: 'Bind one revision of the bus on every platform function.',
    });
  });

/** F25 */
const checkForeign = (facts: PvFacts): readonly Diagnostic[] =>
  facts.ids
    .filter(({ bus, platform }) => bus === 'PCI' && platform === GRAPHICS_FUNCTION)
    .map(({ text, line }) =>
      pvProblem(facts, 'PV_FOREIGN_FUNCTION', `${text} is a graphics function of XenClient, not a platform function.`, {
        line,
        failureMode: 'F25',
        hint: 'Take the id out of the INF.',
      }),
    );

/** F27: a Windows that changes from one section to the other would rank the same package otherwise. */
const checkFeatureScore = (facts: PvFacts): readonly Diagnostic[] => {
  const sections = [...new Set(facts.installs.map(({ section }) => section))];
  const scored = sections.filter((section) => lineOf(section, 'FeatureScore') !== undefined);
  if (scored.length === 0) return [];
  return sections
    .filter((section) => !scored.includes(section))
    .map((section) =>
      pvProblem(facts, 'PV_FEATURE_SCORE', `[${section.name}] has no FeatureScore, and [${scored[0]?.name}] has one.`, {
        line: section.headers[0],
        severity: 'warning',
        failureMode: 'F27',
        hint: 'Give every install section the same FeatureScore.',
      }),
    );
};
