import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

const FROM = [() => knownRelease('master@2025-12-31')];
const noScore = replacing(/^FeatureScore.*\n/m, '');

describeProofs('a package without the feature score that an earlier one had', [
  {
    mode: 'F27',
    what: 'the bus has none',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenbus: noScore } }),
    from: FROM,
    scenarios: ['upgrade-in-place'],
  },
  {
    mode: 'F27',
    what: 'the disk driver has none',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: { xenvbd: noScore } }),
    from: FROM,
    scenarios: ['upgrade-in-place', 'upgrade-windows-update'],
  },
  {
    mode: 'F27',
    what: 'the network driver has a worse one',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: { xennet: replacing('FeatureScore = 0xFE', 'FeatureScore = 0xFF') } }),
    from: FROM,
    scenarios: ['upgrade-in-place'],
  },
]);
