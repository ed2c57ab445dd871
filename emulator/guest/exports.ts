import { JOINED_HAL_BUILD, kernelExport, kernelExports } from '../../packaging/bundle/exports/lookup.ts';
import type { WindowsVersion } from '../../packaging/bundle/exports/table.ts';
import type { InfArch } from '../../packaging/formats/inf/target-os.ts';
import { Build, type PolicyArch } from '../../packaging/signing/policy-data.ts';
import type { GuestSpec } from './guest.ts';
import { isWindowsModule } from './inbox-files.ts';

/**
 * Whether Windows gives a driver what it imports. `unknown` where the tables of exports do not decide: they are complete
 * for the kernel up to Windows 8.1, and hold only what is documented of other modules (spec kernel-exports).
 */
export type ExportAnswer = 'yes' | 'no' | 'unknown' | 'no-module';

const INF_ARCH: Readonly<Record<PolicyArch, InfArch>> = { x86: 'x86', x64: 'amd64', arm64: 'arm64' };
const KERNEL = new Set(['ntoskrnl.exe', 'hal.dll']);

const compare = (a: WindowsVersion, b: WindowsVersion): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

const answerFor = (module: string, name: string, { arch, windows }: GuestSpec): ExportAnswer => {
  if (kernelExports(module) === undefined) {
    return isWindowsModule(module, { arch, windows }) ? 'unknown' : 'no-module';
  }
  const row = kernelExport(module, name);
  if (row === undefined || row.found.inline) return 'unknown';
  const { found, joined } = row;
  if (found.only !== undefined && !found.only.includes(INF_ARCH[arch])) return 'unknown';
  // Each half of the kernel has only its own names; the lists are certain for Windows 7, and later until the two joined.
  if (joined && windows.build < JOINED_HAL_BUILD) return windows.build < Build.windows8 ? 'no' : 'unknown';
  if (found.since === undefined) return 'unknown';
  const version: WindowsVersion = [windows.major, windows.minor, windows.build];
  if (compare(found.since, version) <= 0) return 'yes';
  return found.exact && KERNEL.has(module.toLowerCase()) ? 'no' : 'unknown';
};

type Answers = Map<string, Map<string, ExportAnswer>>;
const known = new Map<string, Answers>();

const answersOf = ({ arch, windows: { build } }: GuestSpec): Answers => {
  const key = `${arch} ${build}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const answers: Answers = new Map();
  known.set(key, answers);
  return answers;
};

/**
 * What a module of a guest exports under a name. Answers are remembered: the same imports are resolved in every boot.
 * @param name as imported; `#n` for an ordinal
 */
export const windowsExports = (module: string, name: string, guest: GuestSpec): ExportAnswer => {
  const answers = answersOf(guest);
  let names = answers.get(module);
  if (names === undefined) {
    names = new Map();
    answers.set(module, names);
  }
  const before = names.get(name);
  if (before !== undefined) return before;
  const answer = answerFor(module, name, guest);
  names.set(name, answer);
  return answer;
};
