import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease, mixedRelease } from '../../support/known-release.ts';

const AGE = ['F32', 'F31', 'F06'];
/** What is not certain of its versions is not told beside it. */
const FORMS = ['F32', 'F31'];
const good = () => knownRelease('master@2021-06-30');

describeProofs('a bus that answers to newer versions only than a child asks for', [
  {
    mode: 'F05',
    what: 'xenvbd of 2016 with the bus of 2021, which still lists its revision',
    caught: ['emulated'],
    bad: () => knownRelease('master@2021-06-30', { xenvbd: 'master@2016-12-31' }),
    good,
    ofAge: FORMS,
    scenarios: ['fresh-install', 'fresh-install-windows-update', 'safe-mode'],
  },
  {
    mode: 'F05',
    what: 'xenvif of 2016 with the bus of 2023',
    caught: ['emulated'],
    bad: () => knownRelease('master@2023-08-31', { xenvif: 'master@2016-12-31', xennet: 'master@2016-12-31' }),
    good: () => knownRelease('master@2023-08-31'),
    ofAge: AGE,
  },
  {
    mode: 'F05',
    what: 'the bus of 2023 alone, over a release of 2020',
    caught: ['emulated'],
    bad: () => mixedRelease({ xenbus: 'master@2025-07-31' }),
    good: () => mixedRelease({ xenbus: 'master@2019-12-31' }),
    from: [
      () =>
        knownRelease('master@2018-12-31', {
          xenvbd: 'master@2016-12-31',
          xenvif: 'master@2016-12-31',
          xennet: 'master@2016-12-31',
        }),
    ],
    ofAge: AGE,
    scenarios: ['upgrade-windows-update'],
  },
]);
