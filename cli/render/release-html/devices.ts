import { parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import type { RecordedBrand } from '../../../release/record.ts';
import { escapeShown } from '../markup.ts';
import { type ReleaseFacts, section } from './facts.ts';

interface Node {
  readonly title: string;
  readonly driver: string;
  readonly ids: readonly string[];
  readonly below: readonly Node[];
}

const TITLES: Readonly<Record<string, string>> = {
  VBD: 'disks',
  VIF: 'network interfaces',
  IFACE: 'host interface',
  VKBD: 'keyboard and pointer',
  CONS: 'console',
  NET: 'network card',
  HID: 'input device',
};

/** The drivers of a brand as the devices that they serve: the platform function, its children, and theirs (spec xen-pv 1). */
const treeOf = ({ packages }: RecordedBrand): readonly Node[] => {
  const drivers = new Map(packages.map(({ driver, hardwareIds }) => [driver, hardwareIds]));
  const on = (bus: string): readonly Node[] =>
    [...drivers].flatMap(([driver, ids]) => {
      const own = ids.map(parsePvId).find((id) => id?.bus === bus);
      if (own === undefined) return [];
      const title = TITLES[own.deviceClass] ?? own.deviceClass;
      return [{ title, driver, ids, below: BELOW[driver] === undefined ? [] : on(BELOW[driver]) }];
    });
  return [...drivers].flatMap(([driver, ids]) =>
    ids.some((id) => parsePvId(id)?.bus === 'PCI')
      ? [{ title: 'Xen platform device', driver, ids, below: on('XENBUS') }]
      : [],
  );
};
/** Which bus a driver makes. */
const BELOW: Readonly<Record<string, string>> = { xenvif: 'XENVIF', xenvkbd: 'XENVKBD' };

const nodeLines = ({ title, driver, ids, below }: Node): readonly string[] => [
  `<li><div class="device"><strong>${escapeShown(title)}</strong> <span class="chip automatic">${escapeShown(driver)}</span><br><code class="quiet">${escapeShown(ids[0] ?? '')}</code></div>`,
  ...(below.length === 0 ? [] : ['<ul>', ...below.flatMap(nodeLines), '</ul>']),
  '</li>',
];

/** The device tree that a machine gets, for each brand. */
export const devicesSection = ({ record }: ReleaseFacts): readonly string[] => {
  const trees = record.brands.map((brand) => ({ brand, tree: treeOf(brand) })).filter(({ tree }) => tree.length > 0);
  if (trees.length === 0) return [];
  return section('devices', 'Devices', [
    '<div class="pictures">',
    ...trees.flatMap(({ brand, tree }) => [
      `<div class="picture"><h3>${escapeShown(brand.id)}</h3><ul class="tree">`,
      ...tree.flatMap(nodeLines),
      '</ul></div>',
    ]),
    '</div>',
  ]);
};
