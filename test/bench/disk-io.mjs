import { measured } from './compiled.mjs';
import { releaseFiles } from './rehearsal.mjs';

const BLOCK = 512;
/** What programs ask for at once: 4 MiB. */
const BLOCKS = 8192;
const TIMES = 128;
const VBD = 51_776;

/** Half of a gigabyte is written to a PV disk and read back, through every driver and each request of the ring. */
export const gigabyteOfIo = async () => {
  const { compileBundle, asIfSigned, guestById, stableWorld, transition } = await measured();
  const guest = guestById('windows-11-24h2-x64');
  const compiled = compileBundle({
    ...{ files: releaseFiles(), label: 'new', guests: [guest], trust: [], shown: (path) => path },
    nowMs: Date.UTC(2026, 9, 1),
  });
  const library = asIfSigned(compiled.library);
  const bundle = { label: 'new', packages: compiled.packages };
  const disks = [
    { vbd: 768, system: true },
    { vbd: VBD, system: false },
  ];
  let world = stableWorld({ guest, guests: [guest], library, bundle, before: [] }, bundle, { disks });
  const play = (event) => {
    const [next, outputs] = transition(world, event, library);
    world = next;
    if (!outputs.some(({ kind }) => kind === 'io.done')) throw new Error(`${event.kind} was not done`);
  };
  const before = process.cpuUsage();
  const place = (index) => ({ vbd: VBD, block: index * BLOCKS, blocks: BLOCKS });
  for (let index = 0; index < TIMES; index += 1) play({ kind: 'io.write', ...place(index), fill: index });
  for (let index = 0; index < TIMES; index += 1) play({ kind: 'io.read', ...place(index) });
  const { user, system } = process.cpuUsage(before);
  const { sectorsRead, sectorsWritten, reads, writes } = world.host.blocks[VBD].counts;
  const mib = ((sectorsRead + sectorsWritten) * BLOCK) / 2 ** 20;
  return { value: (user + system) / 1e6, detail: `${mib} MiB in ${reads + writes} requests of the ring` };
};
