import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease, mixedRelease } from '../../support/known-release.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const busOf = (label: string) => mixedRelease({ xenbus: label });
const UPGRADES = ['upgrade-in-place', 'upgrade-windows-update'];

describeProofs('a bus that no longer lists what an installed child was made for', [
  {
    mode: 'F04',
    what: 'the bus of today alone, over 8.2.1',
    caught: ['emulated'],
    bad: () => releaseFiles().filter(({ path }) => path.startsWith('xenbus/')),
    from: [() => knownRelease('8.2.1')],
    scenarios: UPGRADES,
    goodScenarios: ['upgrade-windows-update'],
  },
  {
    mode: 'F04',
    what: 'the bus of today alone, over the release of 2018',
    caught: ['emulated'],
    bad: () => busOf('master@head'),
    good: () => busOf('master@2019-12-31'),
    ofAge: ['F32', 'F31', 'F06'],
    from: [() => knownRelease('master@2018-12-31')],
    scenarios: ['upgrade-windows-update'],
  },
]);
