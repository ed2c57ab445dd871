import type { GuestOutput } from '../guest/events.ts';
import type { Finding } from './contract.ts';
import type { Run } from './run.ts';
import { finding, outputsOf } from './transcript.ts';

type Refused = Extract<GuestOutput, { kind: 'package.refused' }>;

/** Names of files whose absence from a package is a failure mode of its own. */
const MISSING_MODES: readonly (readonly [RegExp, string])[] = [
  [/xencrsh\.sys/i, 'F37'],
  [/xenfilt\.sys/i, 'F19'],
  [/xendisk\.sys/i, 'F38'],
  [/xen\.sys/i, 'F24'],
  [/\.exe|\.dll/i, 'F35'],
];

export const refusals = (run: Run): readonly Finding[] =>
  outputsOf(run.steps)
    .filter((output): output is Refused => output.kind === 'package.refused')
    .filter((output) => run.input.bundle.packages.includes(output.package))
    .map((output) => {
      const { because, reason } = output;
      const path = run.input.library.packages[output.package]?.path ?? output.package;
      const failureMode =
        because === 'missing-file'
          ? MISSING_MODES.find(([name]) => name.test(reason))?.[1]
          : because === 'altered' || because === 'not-for-this-windows'
            ? 'F34'
            : undefined;
      const message = `Windows refuses ${path}: ${reason}`;
      return finding(
        'EMULATOR_PACKAGE_REFUSED',
        'error',
        { message, ...(failureMode === undefined ? {} : { failureMode }) },
        output,
      );
    });

type Vetoed = Extract<GuestOutput, { kind: 'device.refused' }>;

/** Co-installers of the release that kept it from a device: the machine goes on with what it had. */
export const vetoes = (run: Run): readonly Finding[] =>
  outputsOf(run.steps)
    .filter((output): output is Vetoed => output.kind === 'device.refused')
    .filter((output) => run.input.bundle.packages.includes(output.package))
    .map((output) => {
      const path = run.input.library.packages[output.package]?.path ?? output.package;
      const message = `The co-installer of ${path} does not let ${output.device} have it: ${output.reason}`;
      const hint = 'Remove the earlier drivers with the cleaner first, or upgrade by way of a release between.';
      return finding('EMULATOR_PACKAGE_REFUSED', 'warning', { message, hint }, output);
    });
