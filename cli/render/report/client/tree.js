import { hiddenText, make } from './dom.js';

/** Every device of a tree, by its path. */
const byPath = (devices, found = new Map()) => {
  for (const device of devices) {
    found.set(device.path.toUpperCase(), device);
    byPath(device.below, found);
  }
  return found;
};

const stackText = ({ stack }) => stack.map(({ service, role }) => `${role} ${service}`).join(' ');

const isChanged = (one, other) =>
  one.state !== other.state || one.problem?.code !== other.problem?.code || stackText(one) !== stackText(other);

const STATES = { started: 'works', problem: 'does not work', found: 'waits for its driver' };
const VIAS = { pv: 'PV', emulated: 'emulated', 'pass-through': 'handed on' };

/** What is told of a device beside its name: what became of it, and how the host gives it. */
const tagsOf = (device, other, side) => [
  ...(device.via === undefined ? [] : [['via', VIAS[device.via] ?? device.via]]),
  ...(other === undefined ? [[side === 'after' ? 'new' : 'gone', side === 'after' ? 'new' : 'gone after']] : []),
  ...(other !== undefined && side === 'after' && isChanged(device, other) ? [['changed', 'changed']] : []),
];

const driver = ({ service, role }) =>
  make('li', { class: role }, [
    make('code', {}, [service]),
    role === 'function' ? '' : hiddenText(` (${role.replace('-', ' ')})`),
  ]);

const deviceItem = (device, others, side) => {
  const { path, text, state, stack, problem, below } = device;
  const other = others === undefined ? device : others.get(path.toUpperCase());
  return make('li', {}, [
    make('div', { class: `device ${state}` }, [
      make('span', { class: 'dot', 'aria-hidden': 'true' }),
      make('span', { class: 'device-name' }, [text === '' ? path : text]),
      hiddenText(` ${STATES[state] ?? state}`),
      tagsOf(device, other, side).map(([kind, words]) => [' ', make('span', { class: `tag ${kind}` }, [words])]),
      stack.length === 0
        ? ''
        : make('ol', { class: 'stack', 'aria-label': 'Drivers from the top down' }, [[...stack].reverse().map(driver)]),
      make('span', { class: 'device-path' }, [path]),
      problem === undefined
        ? ''
        : make('span', { class: 'problem' }, [`Problem ${problem.code}. ${problem.because.join(' ')}`]),
    ]),
    below.length === 0 ? '' : make('ul', {}, [below.map((one) => deviceItem(one, others, side))]),
  ]);
};

const PHASES = { off: 'switched off', boot: 'starting', running: 'running', stopped: 'stopped' };

/** The devices of a machine as a tree; what differs from the other picture of it is marked. */
export const deviceTreeView = ({ title, picture, other, side }) => {
  const { phase, stop, devices } = picture;
  const others = other === undefined || other.phase === 'off' ? undefined : byPath(other.devices);
  return make('div', { class: 'picture' }, [
    make('h5', {}, [title, ' ', make('span', { class: `phase ${phase}` }, [PHASES[phase] ?? phase])]),
    stop === undefined ? '' : make('p', { class: 'problem' }, [`${stop.code}: ${stop.reason}`]),
    devices.length === 0
      ? make('p', { class: 'nothing' }, ['No devices: the machine is switched off.'])
      : make('ul', { class: 'tree' }, [devices.map((device) => deviceItem(device, others, side))]),
  ]);
};
