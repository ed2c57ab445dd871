import { reservedRangeOf } from '../../branding/device-ids.ts';
import type { Diagnostic } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { PackageInf } from '../../packaging/bundle/package-view.ts';
import { parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import { catalogOsOf, parseOsCode } from '../partner-center/os-codes.ts';
import type { UploadRequest } from './contract.ts';
import { idFlaw, isTwoPart } from './hardware-ids.ts';
import type { Upload } from './read-upload.ts';
import { refusal } from './table.ts';

/**
 * What the hardware ids of a driver mean once Windows Update offers it (publishing-restrictions.md): which machines it
 * would reach, and whose ids they are.
 */
export const checkPublishing = (request: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  const { infs } = upload.view;
  const published = request.destination !== 'signature';
  return [
    ...checkOwnDevice(request, infs),
    ...checkForeign(request, infs),
    ...(published ? [...checkVendor(infs), ...infs.flatMap((inf) => [...checkTwoPart(inf), ...checkForms(inf)])] : []),
    ...(published ? checkComputers(request, infs) : []),
  ];
};

const severityFor = ({ destination }: UploadRequest) =>
  destination === 'signature' ? { severity: 'warning' as const } : {};

/** Functions that the platform presents to every guest, whatever brand its drivers are of. */
const SHARED_FUNCTIONS: ReadonlySet<string> = new Set(['0001', '0002']);

/** All drivers of a submission together: a bus without a function of its own makes children for the shared ones only. */
const checkOwnDevice = (request: UploadRequest, infs: readonly PackageInf[]): readonly Diagnostic[] => {
  const family = infs.flatMap(({ pv, document }) => (pv === undefined ? [] : [{ pv, document }]));
  const functions = new Set(family.flatMap(({ pv }) => pv.ids.flatMap(({ platform }) => platform ?? [])));
  const [first] = family.filter(({ pv }) => pv.ids.some(({ platform }) => platform !== undefined));
  if (first === undefined || [...functions].some((one) => !SHARED_FUNCTIONS.has(one))) return [];
  const bus = family.find(({ pv }) => pv.kind === 'xenbus') ?? first;
  const line = bus.pv.ids[0]?.line;
  const shared = [...functions].sort().join(' and ');
  const provider = shownText(bus.pv.model.version.provider);
  const message =
    `The drivers of "${provider}" have no PV device id of their own: they bind ${shared}, ` +
    'which every Xen guest has. In Windows Update they would be offered to the guests of every vendor.';
  return [
    refusal('REFUSAL_NO_OWN_DEVICE', message, {
      at: { file: bus.document.file, ...(line === undefined ? {} : { line }) },
      ...severityFor(request),
    }),
  ];
};

const checkForeign = (request: UploadRequest, infs: readonly PackageInf[]): readonly Diagnostic[] =>
  infs.flatMap(({ model, document }) => {
    const names = [model.version.provider, ...model.manufacturers.map(({ name }) => name)].join('\n');
    const found = new Map<string, { readonly line: number; readonly owner: string }>();
    for (const { ids, line } of model.devices) {
      for (const id of ids) {
        const platform = parsePvId(id)?.platform;
        const range = platform === undefined ? undefined : reservedRangeOf(platform);
        if (platform === undefined || range === undefined || range.names.test(names)) continue;
        if (!found.has(platform)) found.set(platform, { line, owner: range.owner });
      }
    }
    return [...found].map(([platform, { line, owner }]) =>
      refusal('REFUSAL_FOREIGN_DEVICE', `The device id ${platform} is reserved for ${owner}.`, {
        at: { file: document.file, line },
        ...severityFor(request),
      }),
    );
  });

/** Who has vendor 5853, and the names that its drivers go by. */
const OWNERS = /xensource|xenserver|citrix|cloud software group/i;

const checkVendor = (infs: readonly PackageInf[]): readonly Diagnostic[] => {
  const foreign = infs.find(
    ({ model }) =>
      !OWNERS.test(model.version.provider) &&
      model.devices.some(({ ids }) => ids.some((id) => /^PCI\\VEN_5853(&|$)/i.test(id))),
  );
  if (foreign === undefined) return [];
  const message = 'PCI ids of vendor 5853 belong to XenSource; Microsoft asks for its consent.';
  return [refusal('REFUSAL_VENDOR_OWNED', message, { at: { file: foreign.document.file } })];
};

const allIds = ({ model }: PackageInf): readonly string[] => [...new Set(model.devices.flatMap(({ ids }) => ids))];

const checkTwoPart = (inf: PackageInf): readonly Diagnostic[] => {
  const ids = allIds(inf);
  const short = ids.filter(isTwoPart);
  if (short.length === 0) return [];
  const longer = ids.some((id) => /^(PCI|HDAUDIO)\\/i.test(id) && !isTwoPart(id));
  const message = `Ids that name no subsystem are reviewed before they are published: ${short.map(shownText).join(', ')}.`;
  return [
    refusal('REFUSAL_TWO_PART', message, {
      at: { file: inf.document.file },
      ...(longer ? { severity: 'info' as const } : {}),
    }),
  ];
};

const checkForms = (inf: PackageInf): readonly Diagnostic[] =>
  allIds(inf).flatMap((id) => {
    const flaw = idFlaw(id);
    if (flaw === undefined) return [];
    const line = inf.model.devices.find(({ ids }) => ids.includes(id))?.line;
    return [
      refusal('REFUSAL_ID_FORM', `The id ${shownText(id)} ${flaw}.`, {
        at: { file: inf.document.file, ...(line === undefined ? {} : { line }) },
      }),
    ];
  });

const FIRMWARE_CLASS = '{f2e7dd72-6468-4e36-b6f1-6488f42c1b52}';
const DISPLAY_CLASS = '{4d36e968-e325-11ce-bfc1-08002be10318}';
const GUID = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;

/** Computer ids by class and system (using-chids.md). */
const checkComputers = (
  { chids, product, file }: UploadRequest,
  infs: readonly PackageInf[],
): readonly Diagnostic[] => {
  const ofClass = (guid: string) => infs.filter(({ model }) => model.version.classGuid.toLowerCase() === guid);
  const missing =
    (chids?.length ?? 0) > 0
      ? []
      : ofClass(FIRMWARE_CLASS).map(({ document }) =>
          refusal('REFUSAL_CHID_MISSING', 'Firmware is published to named computers only, and there are no CHIDs.', {
            at: { file: document.file },
            severity: chids === undefined ? 'warning' : 'error',
          }),
        );
  if (chids === undefined || chids.length === 0) return missing;
  const at = { file };
  const refused = (message: string, where = at): Diagnostic => refusal('REFUSAL_CHID_REFUSED', message, { at: where });
  const earlier = (product?.requestedSignatures ?? []).filter(
    (code) => parseOsCode(code) === undefined && catalogOsOf(code) !== undefined,
  );
  return [
    ...missing,
    ...chids.filter((chid) => !GUID.test(chid)).map((chid) => refused(`The CHID ${shownText(chid)} is no GUID.`)),
    ...ofClass(DISPLAY_CLASS).map(({ document }) =>
      refused('Display drivers are not published by CHIDs.', { file: document.file }),
    ),
    ...(earlier.length === 0 ? [] : [refused(`CHIDs begin with Windows 10, and ${earlier.join(', ')} is asked for.`)]),
  ];
};
