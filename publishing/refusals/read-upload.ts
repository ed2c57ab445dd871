import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { type PackageView, packageView } from '../../packaging/bundle/package-view.ts';
import { extractCab } from '../../packaging/formats/cab/extract.ts';
import { isCab } from '../../packaging/formats/cab/header.ts';
import type { Cabinet } from '../../packaging/formats/cab/model.ts';
import { parseCab } from '../../packaging/formats/cab/parse.ts';
import { isStandIn } from '../../packaging/formats/pe/mark.ts';
import type { PeImage } from '../../packaging/formats/pe/model.ts';
import { programmeOf, type SentFile, type SigningProgramme, type UploadRequest } from './contract.ts';
import { refusal } from './table.ts';

/** A package to upload, read once for all rules. */
export interface Upload {
  readonly programme: SigningProgramme;
  /** Of attestation, when it can be read. */
  readonly cabinet: Cabinet | undefined;
  /** What the drivers are: of the cabinet, or of the release that goes with a package of the lab kit. */
  readonly files: readonly SentFile[];
  readonly view: PackageView;
  /** What stopped the reading; the rules go on with what is there. */
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_UNPACKED_BYTES = 2 ** 31;
const ZIP = [0x50, 0x4b];

const wrongKind = ({ file, bytes }: UploadRequest, programme: SigningProgramme): Diagnostic | undefined => {
  const isZip = ZIP.every((byte, at) => bytes[at] === byte);
  const [wanted, fits] =
    programme === 'attestation' ? ['a cabinet', isCab(bytes)] : ['a package of the lab kit (.hlkx, .hckx)', isZip];
  if (fits) return undefined;
  const is = isCab(bytes) ? 'a cabinet' : isZip ? 'a ZIP' : 'neither a cabinet nor a ZIP';
  const way = programme === 'attestation' ? 'Attestation' : 'WHQL';
  return refusal('REFUSAL_PACKAGE_KIND', `${way} takes ${wanted}, and the file is ${is}.`, { at: { file } });
};

interface Opened {
  readonly cabinet?: Cabinet;
  readonly files: readonly SentFile[];
  readonly diagnostics: readonly Diagnostic[];
}

const openCabinet = ({ file, bytes }: UploadRequest): Opened => {
  let cabinet: Cabinet | undefined;
  try {
    cabinet = parseCab(bytes, file);
    const files = extractCab(cabinet, { maxBytes: MAX_UNPACKED_BYTES }).map(({ name, bytes: content }) => ({
      name,
      bytes: content,
    }));
    return { cabinet, files, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    // another compression has a rule of its own
    const told = cabinet !== undefined && error.code === 'CAB_UNSUPPORTED';
    const unread = refusal('REFUSAL_PACKAGE_UNREAD', `The cabinet cannot be read: ${error.message}`, {
      at: error.at ?? { file },
    });
    return { ...(cabinet === undefined ? {} : { cabinet }), files: [], diagnostics: told ? [] : [unread] };
  }
};

export const readUpload = (request: UploadRequest): Upload => {
  const programme = programmeOf(request);
  const { file, drivers = [] } = request;
  const wrong = wrongKind(request, programme);
  const opened: Opened =
    wrong !== undefined
      ? { files: [], diagnostics: [wrong] }
      : programme === 'attestation'
        ? openCabinet(request)
        : { files: drivers, diagnostics: [] };
  const { files, diagnostics, cabinet } = opened;
  const shown = programme === 'attestation' ? (path: string) => `${file}/${path}` : (path: string) => path;
  const view = packageView(
    files.map(({ name, bytes }) => ({ path: name, bytes })),
    shown,
  );
  return { programme, cabinet, files, view, diagnostics: [...diagnostics, ...view.unreadable] };
};

/** An image of the drivers; damaged ones have findings of their own. */
export interface UploadImage {
  readonly path: string;
  readonly image: PeImage;
}

export const imagesOf = ({ view }: Upload): readonly UploadImage[] =>
  view.files.flatMap((file) => {
    try {
      const image = view.imageOf(file);
      return image === undefined ? [] : [{ path: file.path, image }];
    } catch (error) {
      if (error instanceof WinpvError) return [];
      throw error;
    }
  });

/** Whether nothing in it is a real driver: what is asked of real builds is not asked then. */
export const onlyStandIns = (upload: Upload): boolean => {
  const images = imagesOf(upload);
  return images.length > 0 && images.every(({ image }) => isStandIn(image));
};

/** The first part of a path: the folder of the package. */
export const topFolder = (path: string): string => path.slice(0, Math.max(0, path.indexOf('/')));
