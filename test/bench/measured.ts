/** Functions that figures are taken of without a process of their own. */
export { DRIVERS } from '../../drivers/index.ts';
export { DEFAULT_DISTRIBUTION, generateFleet } from '../../emulator/fleet/generate/generate.ts';
export { guestById } from '../../emulator/guest/windows.ts';
export { compileBundle } from '../../emulator/package/compile.ts';
export { asIfSigned } from '../../emulator/rehearse.ts';
export { SCENARIOS } from '../../emulator/scenarios/index.ts';
export { judgeRun } from '../../emulator/scenarios/judge.ts';
export { Run } from '../../emulator/scenarios/run.ts';
export { stableWorld } from '../../emulator/scenarios/stable.ts';
export { transition } from '../../emulator/transition.ts';
export { verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
export { encodeStandIn } from '../../packaging/formats/pe/stand-in.ts';
