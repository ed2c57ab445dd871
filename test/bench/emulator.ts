/** What the figures of the rehearsal are measured on. */
export { guestById } from '../../emulator/guest/windows.ts';
export { compileBundle } from '../../emulator/package/compile.ts';
export { asIfSigned } from '../../emulator/rehearse.ts';
export { SCENARIOS } from '../../emulator/scenarios/index.ts';
export { judgeRun } from '../../emulator/scenarios/judge.ts';
export { Run } from '../../emulator/scenarios/run.ts';
