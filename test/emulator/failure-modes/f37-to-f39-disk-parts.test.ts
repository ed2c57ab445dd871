import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;

const BEFORE = () => editedRelease({ brand: { ...XEN_PROJECT, version: '9.1.0.29', infDate: '05/01/2026' } });

const withoutXendisk = {
  xenvbd: (text: string): string =>
    without(/xendisk/)(text)
      .replace('[Adapter.HW]\nAddReg = AdapterFilters\n', '[Adapter.HW]\nDelReg = NoFilters\n')
      .replace('[AdapterFilters]\n', '[NoFilters]\nHKR,,"UpperFilters"\n'),
};

describeProofs('the crash dump library', [
  {
    mode: 'F37',
    what: 'is not in the package',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xencrsh.sys': 'missing' } }),
  },
  {
    mode: 'F37',
    what: 'is not copied',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing(/^xencrsh\.sys\n/m, '') } }),
  },
  {
    mode: 'F37',
    what: 'is not copied by an upgrade from a release that has it; what was there is of another build',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenvbd: replacing(/^xencrsh\.sys\n/m, '') } }),
    from: [BEFORE],
    scenarios: ['upgrade-in-place'],
  },
  {
    mode: 'F37',
    what: 'exports something else than the disk driver imports',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xencrsh.sys': { exports: ['CrashStart'] } } }),
  },
]);

describeProofs('the filter of disks', [
  {
    mode: 'F38',
    what: 'is registered and its file is missing',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xendisk.sys': 'missing' } }),
  },
  {
    mode: 'F38',
    what: 'is registered and its service is disabled',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenvbd: replacing(/(\[FilterService\][^[]*?StartType = )0/, '$14') } }),
  },
  {
    mode: 'F38',
    what: 'is registered and has no service',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: without('AddService = xendisk') } }),
  },
  {
    mode: 'F38',
    what: 'stays registered when its service is taken away in an upgrade',
    caught: BOTH,
    bad: () =>
      editedRelease({
        infs: {
          xenvbd: (text) =>
            without(/xendisk/)(text)
              .replace('[Adapter.HW]\nAddReg = AdapterFilters\n', '')
              .replace('[Adapter.Services]\n', '[Adapter.Services]\nDelService = xendisk\n')
              .replace('[AdapterFilters]\n', ''),
        },
      }),
    good: () => editedRelease({ infs: withoutXendisk }),
    from: [BEFORE],
    scenarios: ['upgrade-in-place'],
  },
]);

const ofBuild = (fourth: number) => ({
  version: {
    fixed: {
      ...{ fileVersion: [9, 1, 0, fourth] as const, productVersion: [9, 1, 0, fourth] as const },
      ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x4_0004 },
    },
    strings: [],
  },
});

describeProofs('parts of several builds', [
  {
    mode: 'F39',
    what: 'the filter of disks is of another build',
    caught: ['static'],
    bad: () => editedRelease({ images: { 'xendisk.sys': ofBuild(12) } }),
  },
  {
    mode: 'F37',
    what: 'the crash dump library is of another build',
    caught: ['static'],
    bad: () => editedRelease({ images: { 'xencrsh.sys': ofBuild(12) } }),
  },
]);
