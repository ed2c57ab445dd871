import type { Cause, GuestOutput } from '../guest/events.ts';
import { SERVICES } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import type { DeviceNode, World } from '../guest/world.ts';
import { type Attribution, attribute } from './attribute.ts';
import type { Finding, RunResult } from './contract.ts';
import { type Checkpoint, fits, type Run, type Step } from './run.ts';
import type { Reached } from './survey.ts';

type Stopped = Extract<GuestOutput, { kind: 'boot.stopped' }>;
type Refused = Extract<GuestOutput, { kind: 'package.refused' }>;

const finding = (
  code: Finding['code'],
  severity: Finding['severity'],
  { failureMode, message, hint }: Attribution,
  event?: GuestOutput,
): Finding => ({
  code,
  severity,
  message,
  ...(failureMode === undefined ? {} : { failureMode }),
  ...(hint === undefined ? {} : { hint }),
  ...(event === undefined ? {} : { event }),
});

const outputsOf = (steps: readonly Step[]): readonly GuestOutput[] => steps.flatMap(({ outputs }) => outputs);

const notesOf = (outputs: readonly GuestOutput[]) =>
  outputs.flatMap((output) => (output.kind === 'driver.note' ? [output.note] : []));

/** What happened since the machine was last switched on, up to a point. */
const lastBoot = (run: Run, until = run.steps.length): readonly GuestOutput[] => {
  const before = outputsOf(run.steps.slice(0, until));
  const start = before.findLastIndex(({ kind }) => kind === 'boot.started');
  return before.slice(Math.max(0, start));
};

/** Judges what a run did against what its scenario demanded. Each finding names one cause; what follows from it is not told again. */
export const judgeRun = (run: Run, scenario: string): RunResult => {
  const found = [
    ...refusals(run),
    ...run.checkpoints.flatMap((checkpoint) => judgeCheckpoint(run, checkpoint)),
    ...notes(run),
  ];
  const findings = unique(found);
  return {
    guest: run.input.guest.id,
    scenario,
    verdict: findings.some(({ severity }) => severity === 'error') ? 'fail' : 'pass',
    findings,
    boots: run.world.boots,
  };
};

/** One finding for each cause: the first that was found of it. */
const unique = (found: readonly Finding[]): readonly Finding[] => {
  const kept = new Map<string, Finding>();
  for (const one of found) {
    const key =
      one.severity === 'error' && one.failureMode !== undefined ? one.failureMode : `${one.code} ${one.message}`;
    if (!kept.has(key)) kept.set(key, one);
  }
  return [...kept.values()];
};

/** Names of files whose absence from a package is a failure mode of its own. */
const MISSING_MODES: readonly (readonly [RegExp, string])[] = [
  [/xencrsh\.sys/i, 'F37'],
  [/xenfilt\.sys/i, 'F19'],
  [/xendisk\.sys/i, 'F38'],
  [/xen\.sys/i, 'F24'],
  [/\.exe|\.dll/i, 'F35'],
];

const refusals = (run: Run): readonly Finding[] =>
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

const judgeCheckpoint = (run: Run, checkpoint: Checkpoint): readonly Finding[] => {
  const { survey, expected, after } = checkpoint;
  const outputs = lastBoot(run, after);
  const stop = outputs.find((output): output is Stopped => output.kind === 'boot.stopped');
  if (stop !== undefined) return [finding('EMULATOR_NO_BOOT', 'error', whyStopped(run, stop, outputs), stop)];
  const broken = (expected.broken === true ? [] : survey.problems)
    .filter((node) => concerns(run, node))
    .map((node) => brokenDevice(run, node, outputs));
  const services = outputs.flatMap((output) =>
    output.kind === 'service.failed'
      ? [finding('EMULATOR_SERVICE_FAILED', 'error', attribute(output.cause, run), output)]
      : [],
  );
  const root = broken[0];
  const lost = [
    ...survey.disks.flatMap((disk) => missed(run, { disk, root, checkpoint, outputs })),
    ...survey.nics.flatMap((nic) => missed(run, { nic, root, checkpoint, outputs })),
  ];
  const restless =
    expected.settled && survey.restartWanted && broken.length === 0
      ? [finding('EMULATOR_NOT_STABLE', 'error', restlessness(outputs))]
      : [];
  return [...broken, ...services, ...lost, ...restless, ...filterFindings(checkpoint)];
};

/** Whether a device that does not work is one that the release has a driver for. */
const concerns = (run: Run, { problem, facts }: DeviceNode): boolean => {
  const cause = problem?.cause;
  if (cause?.kind !== 'no-driver') return true;
  return facts.kind === 'xen-class' || facts.kind === 'nic'
    ? cause.nearest.length > 0 || isInRelease(run, cause)
    : false;
};

const isInRelease = (_run: Run, { nearest }: Extract<Cause, { kind: 'no-driver' }>): boolean => nearest.length > 0;

const brokenDevice = (run: Run, node: DeviceNode, outputs: readonly GuestOutput[]): Finding => {
  const event = outputs.findLast((output) => output.kind === 'device.problem' && output.device === node.path);
  const long = notesOf(outputs).find((note) => note.kind === 'xen.id-list' && note.bytes >= LONGEST_LIST);
  const why = attribute(node.problem?.cause ?? { kind: 'none' }, run);
  const told =
    long?.kind === 'xen.id-list' && node.problem?.cause.kind === 'no-driver'
      ? {
          failureMode: 'F10',
          message: `The list of ids of ${long.device} is ${long.bytes} bytes long: Windows does not take it.`,
        }
      : why;
  const code = node.problem?.code ?? 0;
  return finding(
    'EMULATOR_DEVICE_PROBLEM',
    'error',
    { ...told, message: `${node.path} has problem ${code}. ${told.message}` },
    event,
  );
};
const LONGEST_LIST = 1024;

interface Missing {
  readonly disk?: Reached;
  readonly nic?: Reached;
  readonly root: Finding | undefined;
  readonly checkpoint: Checkpoint;
  readonly outputs: readonly GuestOutput[];
}

/** A disk or a card that is not where it was expected. What broke a device before is the reason, and is told once. */
const missed = (run: Run, { disk, nic, root, checkpoint, outputs }: Missing): readonly Finding[] => {
  const { expected } = checkpoint;
  const wanted = disk === undefined ? expected.nics : expected.disks;
  const reached = disk ?? nic;
  if (reached === undefined || fits(reached.path, wanted)) return [];
  if (root !== undefined) return [];
  const what = disk === undefined ? `network card ${reached.id}` : `disk ${reached.id}`;
  if (reached.path === undefined) {
    const code = disk === undefined ? 'EMULATOR_NIC_LOST' : 'EMULATOR_DISK_LOST';
    return [finding(code, 'error', lossOf(run, what, outputs))];
  }
  return [finding('EMULATOR_NOT_PV', 'error', notPv(run, { what, path: reached.path, wanted, outputs }))];
};

/** Why a device is on neither path. */
const lossOf = (run: Run, what: string, outputs: readonly GuestOutput[]): Attribution => {
  const notes = notesOf(outputs);
  const isNic = what.startsWith('network');
  const unplugged = notes.some((note) => note.kind === 'xen.unplug' && (isNic ? note.nics : note.disks));
  const inactive = inactivity(outputs);
  if (inactive !== undefined) return { ...inactive, message: `${what} is gone. ${inactive.message}` };
  const failureMode = !unplugged ? undefined : isNic ? 'F58' : resetsUnplug(run) ? undefined : 'F13';
  const message = `${what} is gone: ${unplugged ? 'its emulated device was unplugged, and nothing took its place' : 'nothing lists it'}.`;
  return { message, ...(failureMode === undefined ? {} : { failureMode }) };
};

interface Unmet {
  readonly what: string;
  readonly path: string;
  readonly wanted: string;
  readonly outputs: readonly GuestOutput[];
}

const notPv = (run: Run, { what, path, wanted, outputs }: Unmet): Attribution => {
  const message = `${what} is on the ${path} path; it should be on the ${wanted} one.`;
  const inactive = inactivity(outputs);
  if (inactive !== undefined) return { ...inactive, message: `${message} ${inactive.message}` };
  const outranked = outputsOf(run.steps).find((output) => output.kind === 'device.outranked');
  if (outranked?.kind === 'device.outranked' && run.input.bundle.packages.includes(outranked.package)) {
    return { message: `${message} ${outranked.package} was outranked by ${outranked.by}.` };
  }
  const wantsRestart = run.survey.restartWanted;
  return wantsRestart
    ? { failureMode: 'F47', message: `${message} A restart is wanted, and nobody makes it.` }
    : { message };
};

/** The bus is there and lists nothing: F22 and F24. */
const inactivity = (outputs: readonly GuestOutput[]): Attribution | undefined => {
  const notes = notesOf(outputs);
  const inert = notes.find((note) => note.kind === 'xen.inert');
  if (inert?.kind === 'xen.inert') {
    return {
      failureMode: 'F24',
      message: `${inert.module} does nothing: ${inert.reason}.`,
      hint: 'Ship xen.sys, xenbus.sys and xenfilt.sys of one build.',
    };
  }
  const active = notes.filter((note) => note.kind === 'xen.active');
  if (active.length > 0 && active.every((note) => note.kind === 'xen.active' && !note.active)) {
    const [first] = active;
    const because = first?.kind === 'xen.active' ? first.because : '';
    return {
      failureMode: 'F22',
      message: `No platform function is the active one: ${because}.`,
      hint: 'Remove ActiveDeviceID below the service of xenfilt before a machine is moved.',
    };
  }
  return undefined;
};

const numberAt = (world: World, key: string, name: string): number | undefined => {
  const data = valueAt(world.disk.registry, key, name)?.data;
  return typeof data === 'number' ? data : undefined;
};

/** Whether the bus package that was installed clears the request to unplug disks. */
const resetsUnplug = (run: Run): boolean => {
  const bus = run.input.bundle.packages
    .map((key) => run.input.library.packages[key])
    .find((facts) => facts?.driver === 'xenbus');
  const installs = Object.values(bus?.targets ?? {}).flatMap(({ installs: all }) => Object.values(all));
  if (installs.length === 0) return true;
  return installs.some(({ software, services }) =>
    [...software, ...services.flatMap(({ registry }) => registry)].some(
      ({ key, name, does }) => does === 'set' && name.toUpperCase() === 'DISKS' && /(^|\\)Unplug$/i.test(key),
    ),
  );
};

/** A machine that does not start: the first of the reasons that a failure mode has, from the bottom of the stack up. */
const whyStopped = (run: Run, stop: Stopped, outputs: readonly GuestOutput[]): Attribution => {
  const { cause, code } = stop;
  const told = (why: Attribution): Attribution => ({
    ...why,
    message: `The machine stops with ${code}. ${why.message}`,
  });
  if (cause.kind !== 'disk-gone') return told(attribute(cause, run));
  const notes = notesOf(outputs);
  const unplugged = notes.some((note) => note.kind === 'xen.unplug' && note.disks);
  const why = attribute(cause.because, run);
  const inactive = inactivity(outputs);
  if (inactive !== undefined && why.failureMode === undefined) return told(inactive);
  if (unplugged && !resetsUnplug(run)) {
    return told({
      failureMode: 'F13',
      message:
        'The emulated disk was unplugged before the PV driver was bound: the INF of the bus does not clear the request.',
      hint: 'Reach the section that sets XEN\\Unplug to 0 from the install section.',
    });
  }
  if (why.failureMode !== undefined) return told(why);
  if (unplugged && forced(run.world)) {
    return told({
      failureMode: 'F14',
      message: `ForceUnplug takes the emulated disk away at every start, and the PV disk does not come. ${why.message}`,
      hint: 'Delete Services\\XEN\\ForceUnplug with the drivers; set it only with drivers that work.',
    });
  }
  return told(why);
};

const forced = (world: World): boolean => (numberAt(world, `${SERVICES}\\XEN\\ForceUnplug`, 'DISKS') ?? 0) !== 0;

const restlessness = (outputs: readonly GuestOutput[]): Attribution => {
  const inert = inactivity(outputs);
  if (inert !== undefined) return inert;
  const wanted = outputs.filter(({ kind }) => kind === 'restart.wanted' || kind === 'driver.note');
  const last = wanted.at(-1);
  const because =
    last?.kind === 'restart.wanted'
      ? last.because
      : last?.kind === 'driver.note' && last.note.kind === 'xen.reboot-requested'
        ? last.note.because
        : 'a restart is wanted again and again';
  return { failureMode: 'F47', message: `The machine is not stable after three restarts: ${because}.` };
};

/** F21: a filter that is in its list twice. */
const filterFindings = ({ survey }: Checkpoint): readonly Finding[] =>
  survey.classFilters.flatMap(({ classGuid, list, names }) => {
    const lower = names.map((name) => name.toLowerCase());
    const twice = lower.find((name, index) => lower.indexOf(name) !== index);
    if (twice === undefined) return [];
    const message = `${list} of the class ${classGuid} names ${twice} twice.`;
    return [
      finding('EMULATOR_REGISTRY', 'warning', {
        failureMode: 'F21',
        message,
        hint: 'Append a filter by flags 0x00010008, which adds a name once.',
      }),
    ];
  });

/** What has to be known beside the verdict. */
const notes = (run: Run): readonly Finding[] => {
  const outputs = outputsOf(run.steps);
  const unmodelled = outputs.flatMap((output) =>
    output.kind === 'emulator.unmodelled'
      ? [finding('EMULATOR_UNMODELLED', 'info', { message: output.what }, output)]
      : [],
  );
  const undecided = notesOf(outputs).flatMap((note) =>
    note.kind === 'xen.undecided'
      ? [finding('EMULATOR_UNDECIDED', 'info', { message: `${note.module} on ${note.device}: ${note.reason}` })]
      : [],
  );
  const ties = outputs.flatMap((output) =>
    output.kind === 'device.outranked' && output.tie && run.input.bundle.packages.includes(output.package)
      ? [
          finding(
            'EMULATOR_TIE',
            'warning',
            { message: `${output.package} and ${output.by} rank equal for ${output.device}.` },
            output,
          ),
        ]
      : [],
  );
  return [...unmodelled, ...undecided, ...ties];
};
