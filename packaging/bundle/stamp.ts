import { type Architecture, infArchitecture } from '../../core/architecture.ts';
import { type CalendarDate, formatInfDate } from '../../core/date.ts';
import { WinpvError } from '../../core/errors.ts';
import { type FourPartVersion, formatVersion } from '../../core/version.ts';
import { decodeInfText, encodeInfText } from '../formats/inf/text.ts';

export interface Stamp {
  readonly date: CalendarDate;
  readonly version: FourPartVersion;
  readonly architecture: Architecture;
}

const SECTION = /^[ \t]*\[([^\]\r\n]*)\]/;
const DRIVER_VER = /^([ \t]*DriverVer[ \t]*=[ \t]*)[^;\r\n]*?([ \t]*(?:;[^\r\n]*)?[\r\n]*)$/i;

/**
 * Does what the stamping tool did to templates before 2019 (spec infverif 7): `$ARCH$` becomes the architecture of
 * decorations, and the first DriverVer of [Version], a placeholder there, the date and version; one is added when the
 * section has none. Everything else stays, comments included.
 *
 * @throws WinpvError TEMPLATE_INVALID when there is no [Version] section
 */
export const stampTemplate = (bytes: Uint8Array, file: string, stamp: Stamp): Uint8Array => {
  const { encoding, text } = decodeInfText(bytes, file);
  const value = `${formatInfDate(stamp.date)},${formatVersion(stamp.version)}`;
  const lines = text.replaceAll('$ARCH$', infArchitecture(stamp.architecture)).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  let section = '';
  let header: number | undefined;
  for (const [index, line] of lines.entries()) {
    section = SECTION.exec(line)?.[1]?.toLowerCase() ?? section;
    if (section !== 'version') continue;
    header ??= index;
    const match = DRIVER_VER.exec(line);
    if (match === null) continue;
    lines[index] = `${match[1] ?? ''}${value}${match[2] ?? ''}`;
    return encodeInfText(lines.join(''), encoding, file);
  }
  if (header === undefined) {
    throw new WinpvError('TEMPLATE_INVALID', 'The template has no [Version] section to stamp.', { at: { file } });
  }
  const lineEnd = /\r?\n$/.exec(lines[header] ?? '')?.[0] ?? '\n';
  const stamped = [...lines.slice(0, header + 1), `DriverVer=${value}${lineEnd}`, ...lines.slice(header + 1)];
  return encodeInfText(stamped.join(''), encoding, file);
};
