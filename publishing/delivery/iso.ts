/** xorriso makes ISO images; 1.4.6 of 2016 and later know these options. */
export const ISO_PROGRAM = 'xorriso';

export interface IsoOrder {
  /** The folder whose content the image is to have; absolute. */
  readonly tree: string;
  /** The image; absolute, not there yet. */
  readonly image: string;
  readonly volume: string;
  /** YYYY-MM-DD: the date of every file and of the volume. */
  readonly date: string;
}

/**
 * Arguments for xorriso: ISO 9660 level 3 with Joliet (what Windows reads) and Rock Ridge names. Owners, modes, dates and the
 * volume's id are fixed, so that the same content gives the same image from the same xorriso.
 * @see man xorrisofs: --modification-date, --set_all_file_dates, -r, -joliet-long
 */
export const isoArguments = ({ tree, image, volume, date }: IsoOrder): readonly string[] => {
  const stamp = `${date.replaceAll('-', '')}00000000`;
  return [
    ...['-no_rc', '-as', 'mkisofs', '-quiet', '-iso-level', '3', '-r', '-J', '-joliet-long'],
    ...['-V', volume, '-A', 'winpv', '-p', '', '-publisher', ''],
    ...[`--modification-date=${stamp}`, '--set_all_file_dates', stamp],
    ...['-o', image, tree],
  ];
};
