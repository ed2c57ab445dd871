import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

const AGE = ['F32', 'F31', 'F06', 'F43'];
/** Boot flags of these years are a key by mistake (F30), which is not what this is about. */
const noFlags = (text: string): string => text.replaceAll(/^HKR,"BootFlags".*\n/gm, '; no boot flags\n');
const QUIET = { infs: { xennet: noFlags, xenvif: noFlags } };
const of = (label: string, bus: string, day: string) =>
  knownRelease(
    '8.1.0',
    { xenbus: bus, xeniface: label },
    { ...QUIET, version: `8.1.0.${day.slice(3, 5)}`, infDate: day },
  );

describeProofs('a bus that lists the oldest revision first', [
  {
    mode: 'F11',
    what: 'a newer xeniface with a newer revision does not replace the older one',
    caught: ['emulated'],
    bad: () => of('master@2015-12-31', '8.1.0', '03/02/2016'),
    from: [() => of('8.1.0', '8.1.0', '03/01/2016')],
    good: () => of('8.1.0', '8.1.0', '03/02/2016'),
    ofAge: AGE,
    scenarios: ['upgrade-windows-update'],
  },
]);
