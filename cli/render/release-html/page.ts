import { utf8 } from '../../../core/bytes.ts';
import { escapeShown } from '../markup.ts';
import type { ReportAssets } from '../report/assets.ts';
import { reportPageLines } from '../report/page.ts';
import { devicesSection } from './devices.ts';
import type { ReleaseFacts } from './facts.ts';
import { matrixSection, sourcesSection } from './packages.ts';
import { rehearsalSection, submissionSection } from './proofs.ts';
import { signaturesSection } from './signatures.ts';

const figure = (name: string, value: number | string): string => `<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** What a reader has to know first: may this be shipped? */
const verdictOf = ({ record }: ReleaseFacts): readonly [kind: 'pass' | 'fail', mark: string, words: string] => {
  if (record.standIns) return ['fail', '!', 'Not to be shipped: it holds stand-ins, which are no drivers'];
  if (record.signing.kind === 'test') return ['fail', '!', 'For test machines: it is signed with a test key'];
  if (record.brands.some(({ rehearsal }) => rehearsal === undefined)) return ['fail', '!', 'It was not rehearsed'];
  return record.brands.some(({ rehearsal }) => rehearsal?.verdict === 'waived')
    ? ['pass', '!', 'Rehearsed; some findings are accepted']
    : ['pass', '✓', 'Every rehearsal passes'];
};

const header = (facts: ReleaseFacts): readonly string[] => {
  const { brands, date, tool } = facts.record;
  const [kind, mark, words] = verdictOf(facts);
  const packages = brands.flatMap((brand) => brand.packages);
  const runs = brands.reduce((sum, { rehearsal }) => sum + (rehearsal?.runs ?? 0), 0);
  return [
    '<header class="top">',
    '<p class="kicker">winpv release</p>',
    `<h1>${brands.map(({ id }) => escapeShown(id)).join(', ')} <span class="quiet">${escapeShown(date)}</span></h1>`,
    `<p class="verdict ${kind}" data-result="${kind}"><span class="mark" aria-hidden="true">${mark}</span> ${words}</p>`,
    '<dl class="figures">',
    figure('brands', brands.length),
    figure('packages', packages.length),
    figure(
      'files',
      packages.reduce((sum, { files }) => sum + files.length, 0),
    ),
    figure('runs rehearsed', runs),
    '</dl>',
    `<p class="note">Made by winpv ${escapeShown(tool.version)}, signed by ${escapeShown(facts.record.signing.subject)}.</p>`,
    '</header>',
  ];
};

const LINKS = [
  ['packages', 'Packages'],
  ['devices', 'Devices'],
  ['signatures', 'Signatures'],
  ['rehearsal', 'Rehearsal'],
  ['submission', 'Submission'],
  ['sources', 'Built from'],
] as const;

/** A release as one page that needs nothing else, and no script. */
export const releasePageLines = (facts: ReleaseFacts, assets: ReportAssets): readonly string[] => {
  const devices = devicesSection(facts);
  const links = LINKS.filter(([id]) => id !== 'devices' || devices.length > 0);
  const body = [
    '<a class="skip" href="#main">Skip to the packages</a>',
    ...header(facts),
    `<nav aria-label="Parts of the report"><ul>${links.map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`).join('')}</ul></nav>`,
    '<main id="main" tabindex="-1">',
    ...matrixSection(facts),
    ...devices,
    ...signaturesSection(facts),
    ...rehearsalSection(facts),
    ...submissionSection(facts),
    ...sourcesSection(facts),
    '</main>',
    '<footer><p>Made by <code>winpv release</code>. <code>winpv explain CODE</code> tells more of a code.</p></footer>',
  ];
  const title = `${facts.record.brands.map(({ id }) => id).join(', ')} ${facts.record.date}: release`;
  return reportPageLines({ title, body, data: [] }, assets);
};

/** The same as a file. */
export const releasePage = (facts: ReleaseFacts, assets: ReportAssets): Uint8Array =>
  utf8(`${releasePageLines(facts, assets).join('\n')}\n`);
