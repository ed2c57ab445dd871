import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

const AGE = ['F32', 'F31', 'F06'];
const SCENARIOS = ['fresh-install-pass-through-nvme'];

describeProofs('an NVMe controller that was handed to the guest', [
  ...['master@2019-12-31', 'master@2021-06-30', 'master@2025-07-31'].map((label) => ({
    mode: 'F18',
    what: `the bus of ${label} takes it for emulated disks`,
    caught: ['emulated'] as const,
    bad: () => knownRelease(label),
    good: () => knownRelease('master@2025-12-31'),
    ofAge: AGE,
    scenarios: SCENARIOS,
    severity: 'warning' as const,
  })),
  {
    mode: 'F18',
    what: 'the bus of 2023 does, and one from before NVMe was known does not',
    caught: ['emulated'],
    bad: () => knownRelease('master@2023-12-31'),
    good: () => knownRelease('8.2.1'),
    ofAge: AGE,
    scenarios: SCENARIOS,
    severity: 'warning',
  },
]);
