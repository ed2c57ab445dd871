import { type Diagnostic, problem } from '../../../core/errors.ts';
import { Directory, type PeDirectory, type PeFlaw, type PeFlawRule, type PeImage, type PeSection } from './model.ts';

/** The headers as read, before anything is known about their sense. */
export interface PeHeaders {
  /** Of the file. */
  readonly size: number;
  readonly sizeOfHeaders: number;
  readonly sections: readonly PeSection[];
  readonly sectionTableOffset: number;
  readonly directories: readonly PeDirectory[];
  readonly directoriesOffset: number;
  readonly numberOfRvaAndSizes: number;
}

export interface PeFindings {
  readonly flaws: readonly PeFlaw[];
  readonly certificateTable: { readonly offset: number; readonly size: number } | undefined;
}

/** How many flaws of one rule are listed; one is enough to refuse an image, and a hostile one could have 65,535. */
const MAX_FLAWS_OF_A_RULE = 20;

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly section: number;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Looks for contradictions between headers and file, and decides whether the certificate table can be followed. */
export const findFlaws = (headers: PeHeaders): PeFindings => {
  const certificates = judgeCertificates(headers);
  return {
    flaws: [
      ...judgeDirectories(headers),
      ...judgeSectionsInFile(headers),
      ...judgeOverlaps(headers, 'overlap-raw', rawExtent),
      ...judgeOverlaps(headers, 'overlap-virtual', virtualExtent),
      ...certificates.flaws,
    ],
    certificateTable: certificates.table,
  };
};

/** The flaws as findings, for reports: truncation apart from contradiction. */
export const checkPe = (image: PeImage): Diagnostic[] =>
  image.flaws.map(({ rule, message, offset }) =>
    problem(rule === 'section-out-of-range' ? 'PE_TRUNCATED' : 'PE_MALFORMED', message, {
      at: { file: image.file, offset },
    }),
  );

/** A header too short for its directories is read differently by different readers, so it is a flaw. */
const judgeDirectories = (headers: PeHeaders): PeFlaw[] => {
  const { numberOfRvaAndSizes, directories, directoriesOffset } = headers;
  const wanted = Math.min(numberOfRvaAndSizes, 16);
  if (wanted <= directories.length) return [];
  const message = `The optional header announces ${wanted} data directories and has room for ${directories.length}.`;
  return [{ rule: 'directories-out-of-range', offset: directoriesOffset, message }];
};

const judgeSectionsInFile = ({ sections, size, sectionTableOffset }: PeHeaders): PeFlaw[] => {
  const flaws: PeFlaw[] = [];
  for (const [i, { name, rawOffset, rawSize }] of sections.entries()) {
    if (rawSize === 0 || rawOffset + rawSize <= size) continue;
    const message = `Section ${name} ends at ${hex(rawOffset + rawSize)}, beyond the end of the file.`;
    flaws.push({ rule: 'section-out-of-range', offset: sectionTableOffset + 40 * i, message });
    if (flaws.length === MAX_FLAWS_OF_A_RULE) break;
  }
  return flaws;
};

const rawExtent = ({ rawOffset, rawSize }: PeSection): [number, number] => [rawOffset, rawOffset + rawSize];

const virtualExtent = ({ virtualAddress, virtualSize, rawSize }: PeSection): [number, number] => [
  virtualAddress,
  virtualAddress + (virtualSize === 0 ? rawSize : virtualSize),
];

/** Two sections, or a section and the headers, that claim the same bytes. */
const judgeOverlaps = (
  headers: PeHeaders,
  rule: PeFlawRule,
  extentOf: (section: PeSection) => [number, number],
): PeFlaw[] => {
  const { sections, sizeOfHeaders, sectionTableOffset } = headers;
  const extents = sections
    .map((section, i): Extent => {
      const [start, end] = extentOf(section);
      return { start, end, section: i };
    })
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start - b.start || a.section - b.section);
  const flaws: PeFlaw[] = [];
  let reach = { end: sizeOfHeaders, name: 'the headers' };
  for (const { start, end, section } of extents) {
    const name = sections[section]?.name ?? '';
    if (start < reach.end) {
      const message = `Section ${name} starts at ${hex(start)}, inside ${reach.name}, which end at ${hex(reach.end)}.`;
      flaws.push({ rule, offset: sectionTableOffset + 40 * section, message });
      if (flaws.length === MAX_FLAWS_OF_A_RULE) break;
    }
    if (end > reach.end) reach = { end, name: `the bytes of section ${name}` };
  }
  return flaws;
};

const judgeCertificates = (headers: PeHeaders): { table: PeFindings['certificateTable']; flaws: PeFlaw[] } => {
  const { rva: offset, size } = headers.directories[Directory.certificate] ?? { rva: 0, size: 0 };
  if (offset === 0 && size === 0) return { table: undefined, flaws: [] };
  const at = headers.directoriesOffset + 8 * Directory.certificate;
  const where = `The certificate table (${hex(offset)}, ${size} bytes)`;
  const length = headers.size;
  const absent = (rule: PeFlawRule, message: string) => ({ table: undefined, flaws: [{ rule, offset: at, message }] });
  if (size === 0 || offset + size > length) {
    return absent('certificate-table-out-of-range', `${where} is empty or ends beyond the end of the file.`);
  }
  if (offset < endOfImage(headers)) return absent('certificate-table-overlap', `${where} starts inside the image.`);
  const flaws: PeFlaw[] = [];
  if (offset % 8 !== 0) {
    flaws.push({ rule: 'certificate-table-unaligned', offset: at, message: `${where} is not aligned to 8 bytes.` });
  }
  if (offset + size < length) {
    const message = `${length - offset - size} bytes follow the certificate table.`;
    flaws.push({ rule: 'trailing-data-after-certificates', offset: offset + size, message });
  }
  return { table: { offset, size }, flaws };
};

/** The first file offset that neither the headers nor a section claims. */
const endOfImage = ({ sections, sizeOfHeaders, sectionTableOffset }: PeHeaders): number =>
  sections.reduce(
    (end, { rawOffset, rawSize }) => (rawSize === 0 ? end : Math.max(end, rawOffset + rawSize)),
    Math.max(sizeOfHeaders, sectionTableOffset + 40 * sections.length),
  );
