import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

describeProofs('devices that are new ones to Windows after an upgrade', [
  ...['8.2.1', 'master@2021-06-30', 'master@2023-12-31', 'master@2025-07-31'].map((label) => ({
    mode: 'F12',
    what: `from ${label}, before the ids of devices lost their revision or their function`,
    caught: ['emulated'] as const,
    bad: releaseFiles,
    from: [() => knownRelease(label)],
    scenarios: ['upgrade-in-place'],
    goodScenarios: ['fresh-install', 'upgrade-windows-update'],
    severity: 'warning' as const,
  })),
]);

describeProofs('devices that keep their names', [
  {
    mode: 'F12',
    what: 'from 2023 to 2025, and not from 2025 to 2026',
    caught: ['emulated'],
    bad: () => knownRelease('master@2025-12-31'),
    from: [() => knownRelease('master@2023-12-31')],
    scenarios: ['upgrade-in-place'],
    goodScenarios: ['fresh-install'],
    ofAge: ['F31'],
    severity: 'warning',
  },
]);
