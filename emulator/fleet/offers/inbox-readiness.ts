import type { Architecture } from '../../../core/architecture.ts';
import type { CheckedFile, PackageInf } from '../../../packaging/bundle/package-view.ts';
import { packageView } from '../../../packaging/bundle/package-view.ts';
import { parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import { verifyInfModes } from '../../../packaging/formats/inf/rules/verify.ts';
import { isStandIn } from '../../../packaging/formats/pe/mark.ts';
import { DriverEku } from '../../../packaging/signing/policy-data.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { verifyTree } from '../../../packaging/signing/verify-package.ts';

/** What a bundle would have to be for Microsoft to ship it with Windows; the conditions of that programme are not public. */
export const INBOX_REQUIREMENTS = {
  universal: 'INFs pass the rules for universal drivers (InfVerif /u)',
  'windows-driver': 'INFs pass the rules for Windows drivers (InfVerif /w)',
  'signature-rules': 'INFs pass the rules of the signature programme (InfVerif /h)',
  'whql-signature': 'catalogs are signed by Microsoft for tested drivers; attestation says that nobody tested',
  'memory-integrity': 'images have no code that can be written, and sections on pages',
  'built-drivers': 'images are drivers, not stand-ins',
  architectures: 'every processor that Windows ships for has a package',
  'own-ids': 'ids are of devices that the vendor of the package owns',
} as const;
export type InboxRequirement = keyof typeof INBOX_REQUIREMENTS;

export interface InboxLack {
  readonly requirement: InboxRequirement;
  /** The INF, the image or the driver that lacks it. */
  readonly of: string;
  readonly message: string;
}

export interface InboxReadiness {
  readonly bundle: string;
  readonly ready: boolean;
  readonly lacks: readonly InboxLack[];
}

/** What an answer rests on, whatever it is. */
export const INBOX_ASSUMED: readonly string[] = [
  'What Microsoft asks of a driver that ships with Windows is not public: asked here is what it asks of every tested Windows driver, for every processor of a current Windows.',
  'No Windows ships with a Xen PV driver (spec windows-update 7.7).',
  'An inbox product can be shared, but has no shipping labels and no publisher metadata: what updates it is another submission.',
];

const MODES = [
  ['u', 'universal'],
  ['w', 'windows-driver'],
  ['h', 'signature-rules'],
] as const;

const MOST_CODES = 6;

const infLacks = ({ document, path }: PackageInf): readonly InboxLack[] => {
  const verdicts = verifyInfModes(
    document,
    MODES.map(([mode]) => mode),
  );
  return MODES.flatMap(([mode, requirement]) => {
    const errors = (verdicts.get(mode)?.findings ?? []).filter(({ severity }) => severity === 'error');
    if (errors.length === 0) return [];
    const codes = [...new Set(errors.map(({ code }) => code))];
    const more = codes.length > MOST_CODES ? ', …' : '';
    const message = `${errors.length} finding${errors.length === 1 ? '' : 's'} with /${mode}: ${codes.slice(0, MOST_CODES).join(', ')}${more}.`;
    return [{ requirement, of: path, message }];
  });
};

/** How a catalog is signed, as far as the programme cares. */
const signatureLack = ({ path, signatures, verdict }: FileVerdict): InboxLack | undefined => {
  const lack = (message: string): InboxLack => ({ requirement: 'whql-signature', of: path, message });
  if (signatures.length === 0) return lack('It is not signed.');
  const ekus = signatures.flatMap((one) => one.ekus);
  if (ekus.includes(DriverEku.attested)) return lack('It is signed by attestation.');
  if (!ekus.includes(DriverEku.whql) && !ekus.includes(DriverEku.extended))
    return lack('It is signed by somebody else, or for something else.');
  return verdict === 'invalid' ? lack('Its signature is not valid.') : undefined;
};

const imageLack = ({ path, image }: FileVerdict): InboxLack | undefined => {
  if (image === undefined || image.runsIn !== 'kernel') return undefined;
  const lack = (message: string): InboxLack => ({ requirement: 'memory-integrity', of: path, message });
  if (image.writableCode !== undefined) return lack(`Section ${image.writableCode} can be written and executed.`);
  return image.pageAligned ? undefined : lack('Its sections do not begin on pages.');
};

/** Processors of a current Windows; 32-bit Windows ended with Windows 10. */
const SHIPPED: readonly Architecture[] = ['x64', 'arm64'];
const INF_NAMES: Readonly<Record<string, Architecture>> = { amd64: 'x64', arm64: 'arm64', x86: 'x86' };

const architectureLacks = (infs: readonly PackageInf[]): readonly InboxLack[] => {
  const names = new Map<string, Set<Architecture>>();
  for (const { path, installs } of infs) {
    const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
    const archs = names.get(name) ?? new Set<Architecture>();
    names.set(name, archs);
    for (const { arch } of installs) {
      const own = INF_NAMES[arch];
      if (own !== undefined) archs.add(own);
    }
  }
  return [...names].flatMap(([of, archs]) => {
    const missing = SHIPPED.filter((arch) => !archs.has(arch));
    if (missing.length === 0) return [];
    return [{ requirement: 'architectures' as const, of, message: `It has nothing for ${missing.join(' and ')}.` }];
  });
};

/** Functions that every Xen host gives, whoever made its drivers (spec windows-update 6, 7.4). */
const SHARED_FUNCTIONS = ['0001', '0002'];

const idLacks = ({ model, path }: PackageInf): readonly InboxLack[] => {
  const ids = [...new Set(model.devices.flatMap((device) => device.ids))].filter((id) => {
    const pv = parsePvId(id);
    return pv?.bus === 'PCI' && pv.platform !== undefined && SHARED_FUNCTIONS.includes(pv.platform);
  });
  if (ids.length === 0) return [];
  const message = `${ids.join(', ')}: the platform device of every Xen host, of all brands; the owner of VEN_5853 has to agree (assumed).`;
  return [{ requirement: 'own-ids', of: path, message }];
};

const present = (lack: InboxLack | undefined): readonly InboxLack[] => (lack === undefined ? [] : [lack]);

export interface InboxBundle {
  /** For people. */
  readonly name: string;
  readonly files: readonly CheckedFile[];
}

/**
 * What a bundle lacks to be shipped with Windows.
 * @throws WinpvError what keeps a file of the bundle from being read
 */
export const inboxReadiness = ({ name, files }: InboxBundle, atMs: number): InboxReadiness => {
  const view = packageView(files, (path) => path);
  const { files: verdicts } = verifyTree({ files, trust: [], atMs, alone: false });
  const standIns = files.flatMap((file): readonly InboxLack[] => {
    const image = view.imageOf(file);
    return image === undefined || !isStandIn(image)
      ? []
      : [{ requirement: 'built-drivers', of: file.path, message: 'winpv made it in place of a driver.' }];
  });
  const lacks = [
    ...view.infs.flatMap(infLacks),
    ...verdicts.flatMap((file) => (file.kind === 'cat' ? present(signatureLack(file)) : [])),
    ...verdicts.flatMap((file) => present(imageLack(file))),
    ...standIns,
    ...architectureLacks(view.infs),
    ...view.infs.flatMap(idLacks),
  ];
  return { bundle: name, ready: lacks.length === 0, lacks };
};
