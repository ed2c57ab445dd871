import { make } from './dom.js';

const NAMES = { disk: 'Disk', nic: 'Network card' };
const VIAS = { pv: 'PV', emulated: 'emulated', 'pass-through': 'handed on' };

/** Hops one after the other that are drivers of one device stand together. */
const grouped = (hops) => {
  const groups = [];
  for (const hop of hops) {
    const last = groups.at(-1);
    if (last !== undefined && hop.device !== undefined && last.device === hop.device) last.hops.push(hop);
    else groups.push({ device: hop.device, place: hop.place, hops: [hop] });
  }
  return groups;
};

const hopView = ({ name, role }) =>
  make('div', { class: 'hop' }, [
    make('span', { class: 'hop-name' }, [name]),
    ' ',
    make('span', { class: 'hop-role' }, [role]),
  ]);

const groupView = ({ device, place, hops }) =>
  make('li', { class: `hops ${place}` }, [
    device === undefined ? '' : make('span', { class: 'device-path' }, [device]),
    hops.map(hopView),
  ]);

const brokenView = (broken) =>
  make('li', { class: 'hops broken' }, [
    make('div', { class: 'hop' }, [make('span', { class: 'hop-name' }, ['no device of the guest'])]),
    broken.length === 0 ? '' : make('ul', { class: 'because' }, [broken.map((text) => make('li', {}, [text]))]),
  ]);

const pathView = ({ of, id, system, via, hops, broken }) =>
  make('div', { class: 'way' }, [
    make('h5', {}, [
      `${NAMES[of]} ${id}${system ? ', system disk' : ''} `,
      make('span', { class: `tag ${via === undefined ? 'gone' : 'via'}` }, [via === undefined ? 'lost' : VIAS[via]]),
    ]),
    make('ol', { class: 'path' }, [grouped(hops).map(groupView), broken === undefined ? '' : brokenView(broken)]),
  ]);

/** How requests for each disk and network card go, from who asks down to the host. */
export const requestPathsView = (paths) => make('div', { class: 'ways' }, [paths.map(pathView)]);
