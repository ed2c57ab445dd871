import type { CodesOf, Explanation } from './contract.ts';

type TabledBrandCode = 'BRAND_ID_LIST_TOO_LONG' | 'BRAND_DEVICE_ID_RESERVED';

/** Brands; those that the table of PV rules has are not here. */
export const BRAND_TEXTS: Readonly<Record<Exclude<CodesOf<'BRAND'>, TabledBrandCode>, Explanation>> = {
  BRAND_UNKNOWN: [
    'winpv ships a few brands by name, and this is none of them. This version reports it nowhere: a brand is named by its file.',
    'Correct the name, or give the path of a brand file.',
  ],
  BRAND_TEXT_REFUSED: [
    'The text has control or invisible characters, mixed scripts, or a form that breaks an INF, the registry or a file name.',
    'Write it without what the message names.',
  ],
  BRAND_VENDOR_RESERVED: [
    'Drivers under the name of Microsoft, or another reserved one, would mislead customers and be refused.',
    'Name the company that signs and supports the drivers.',
  ],
  BRAND_DEVICE_ID_REFUSED: [
    'PV vendor device ids are C000 to FFFF; lower ones are platform functions that every Xen guest has, or are in use.',
    'Set `vendorDeviceId` to the id that was reserved for you in Xen.',
  ],
  BRAND_UPGRADE_CODE_DEFAULT: [
    'The GUID is the published one of another product: an installer would replace that product on machines of customers.',
    'Make a GUID of your own once, and keep it for good.',
  ],
  BRAND_VERSION_UNKNOWN: [
    'The version is to come from the tags of git or from the ledger, and nothing there gives one.',
    'Make a tag of the form that the brand names, or write the version down.',
  ],
  BRAND_VERSION_LARGE: [
    'Windows Installer compares three fields only, and the first two go up to 255.',
    'Keep them at 255 or below if an MSI is made of the drivers; otherwise nothing.',
  ],
  BRAND_ID_CLASH: [
    'The id names folders, files and ledger entries, so it has to be one brand only.',
    'Give one of the two another id.',
  ],
  BRAND_PREFIX_CLASH: [
    'Child devices carry the vendor prefix. With one prefix the drivers of one brand bind the devices of the other.',
    'Give one of the two another vendor prefix.',
  ],
  BRAND_DEVICE_ID_CLASH: [
    'Windows Update offers drivers by this device id: machines of one brand would get those of the other.',
    'Give each brand the device id that was reserved for it.',
  ],
  BRAND_OBJECT_PREFIX_CLASH: [
    'The WMI classes of xeniface would have the same names for both brands on one machine.',
    'Give one of the two another object prefix.',
  ],
  BRAND_SERVICE_CLASH: [
    'A service of a brand has the name of one that the drivers install, or of another brand; the later package takes it over.',
    'Give it a name of its own, for example with the vendor prefix at its end.',
  ],
  BRAND_FILE_CLASH: [
    'Both brands install a file of one name into System32: the later replaces the earlier, and removing one breaks the other.',
    'Give the files of each brand names of their own.',
  ],
  BRAND_UPGRADE_CODE_CLASH: [
    'Installing one MSI would remove the other as an older version of itself.',
    'Make a GUID for each brand and architecture.',
  ],
  BRAND_STRING_UNKNOWN: [
    '`localisedStrings` translates a [Strings] key that no INF of the brand has: it would do nothing.',
    'Correct its spelling, or leave it out.',
  ],
  BRAND_STRING_REFUSED: [
    'The string is compared by Windows or by the drivers (a name, an id, a version), so no language may have its own.',
    'Leave it out of `localisedStrings`.',
  ],
  BRAND_LANGUAGE_UNKNOWN: [
    'A [Strings] section for a language needs the number that Windows has for it.',
    'Take a locale that Windows numbers, such as de-DE, or write the four hex digits of the language.',
  ],
};

/** The ledger of releases, and its seal. */
export const LEDGER_TEXTS: Readonly<Record<CodesOf<'LEDGER'>, Explanation>> = {
  LEDGER_BROKEN: [
    'An entry cannot be read, or its hash chain does not lead to the next one: a line was changed, removed or put in.',
    'Put the file back from version control: it says what machines have been given.',
  ],
  LEDGER_NOT_FORWARD: [
    'A later entry of the ledger has a lower version or an earlier date for the same driver.',
    'Look at the entry that is named. Machines that have the higher one do not take the lower as an update.',
  ],
  LEDGER_NOT_KEPT: [
    'The release could not be noted, so nothing would keep the next one from going backward.',
    'Make the file writable, and release again.',
  ],
  LEDGER_BACKWARD: [
    'The ledger has a higher version or a later date. Windows ranks by date, then version, and keeps the older driver.',
    'Raise the version or the date.',
  ],
  LEDGER_SAME_VERSION: [
    'Two different drivers would have one version, and nobody could tell which a machine has.',
    'Raise the version.',
  ],
  LEDGER_SUPERSEDED: [
    'The ledger has this release, and a later one after it.',
    'Go on if the old one is to be made again; do not publish it as the newest.',
  ],
  LEDGER_SEAL_BROKEN: [
    'The signed seal names other entries, or more of them, than the ledger has; or the ledger is gone and its seal is left.',
    'Put both files back from version control.',
  ],
  LEDGER_UNSEALED: [
    'The last entries came after the last seal: nobody vouches that none is missing at the end.',
    'The next release seals them.',
  ],
};

/** Patch queues. */
export const PATCH_TEXTS: Readonly<Record<CodesOf<'PATCH'>, Explanation>> = {
  PATCH_SYNTAX: [
    'The file cannot be read as what `git format-patch` or diff -u writes, or as a list of typed edits.',
    'Write it again with `git format-patch`, one patch a file.',
  ],
  PATCH_PATH_REFUSED: [
    'A path is absolute, has "..", or cannot be a file of the tree.',
    'Correct the path in the patch or in the series.',
  ],
  PATCH_SERIES: [
    '`series` names a file that is not there, or twice, or series.yaml says nothing about one.',
    'Bring the list and the files together; the message names the line.',
  ],
  PATCH_BASE_DIFFERS: [
    'The hash of the file that the patch notes as its base is not that of the file here. The patch may apply and do something else than it was meant to.',
    'Look at the result on a copy; if it is right, `winpv patch refresh` notes the new base.',
  ],
  PATCH_CONFLICT: [
    'The lines that the patch expects are not in the file, so it cannot be applied.',
    '`winpv patch check` shows what is expected, what is there and what is wanted.',
  ],
  PATCH_EDIT_CONFLICT: [
    'The section, key or line that the edit changes is not in the INF, or is there several times.',
    'Correct the edit to what the INF has.',
  ],
  PATCH_DROPPABLE: [
    'What the patch wants is there already: upstream has taken it, or another patch does the same.',
    'Take it out of the series.',
  ],
  PATCH_NOT_BUILT: [
    'A release packages built binaries. A patch of source files changes nothing in it.',
    'Build the binaries with it: `winpv patch apply --tree` applies it to a checkout.',
  ],
  PATCH_NOT_READY: [
    'A mailing list needs an author, a Signed-off-by line and a subject, and the patch lacks one.',
    'Add what the message names.',
  ],
  PATCH_QUEUE_STALE: [
    'At least one patch of the queue does not apply to the tree any more, or is not needed.',
    'Go through the findings, and refresh or drop the patches.',
  ],
  PATCH_EXPIRED: [
    'series.yaml says until when the patch was to be carried, and that day is past.',
    'Drop it, send it upstream, or set a new day.',
  ],
};
