import { INBOX_REQUIREMENTS, type InboxReadiness } from '../../emulator/fleet/offers/inbox-readiness.ts';

interface Readiness {
  readonly bundles: readonly InboxReadiness[];
  readonly assumed: readonly string[];
}

/** Lacks of one kind that are told one by one. */
const MOST = 8;

const bundleLines = ({ bundle, ready, lacks }: InboxReadiness): readonly string[] => {
  if (ready) return [`  ${bundle}: nothing that winpv knows of`];
  const kinds = [...new Set(lacks.map(({ requirement }) => requirement))];
  return [
    `  ${bundle}`,
    ...kinds.flatMap((kind) => {
      const own = lacks.filter(({ requirement }) => requirement === kind);
      const more = own.length > MOST ? [`      and ${own.length - MOST} more`] : [];
      return [
        `    ${kind}: ${INBOX_REQUIREMENTS[kind]}`,
        ...own.slice(0, MOST).map(({ of, message }) => `      ${of}: ${message}`),
        ...more,
      ];
    }),
  ];
};

/** What bundles lack to be shipped with Windows, for people; nothing when it was not asked. */
export const readinessLines = (readiness: Readiness | undefined): readonly string[] =>
  readiness === undefined
    ? []
    : [
        ...['', 'To be shipped with Windows these lack:'],
        ...readiness.bundles.flatMap(bundleLines),
        ...readiness.assumed.map((text) => `  assumed: ${text}`),
      ];
