import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const OTHER = { ...XEN_PROJECT, vendorName: 'Other Vendor', vendorPrefix: 'XS', vendorDeviceId: 'C000' };

describeProofs('drivers of two vendors', [
  {
    mode: 'F25',
    what: 'over 8.2.1 of another vendor, on a host with that vendor’s function',
    caught: ['emulated'],
    bad: releaseFiles,
    from: [() => knownRelease('8.2.1', {}, { brand: OTHER })],
    scenarios: ['foreign-stack'],
    goodScenarios: ['rebrand', 'fresh-install'],
  },
  {
    mode: 'F25',
    what: 'over a release of today of another vendor',
    caught: ['emulated'],
    bad: releaseFiles,
    from: [() => editedRelease({ brand: OTHER })],
    scenarios: ['foreign-stack'],
    goodScenarios: ['rebrand'],
  },
  {
    mode: 'F25',
    what: 'the INF of the bus matches a graphics function',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: { xenbus: replacing('PCI\\VEN_5853&DEV_0002,', 'PCI\\VEN_5853&DEV_C147,\\\n  PCI\\VEN_5853&DEV_0002,') },
      }),
    scenarios: ['fresh-install', 'fresh-install-second-platform'],
  },
]);
