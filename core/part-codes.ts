/** Releases that are made in parts, and what earlier runs left. */
export const PART_CODES = {
  KEPT_DAMAGED: { exit: 8, title: 'A file of an earlier run is not what that run made' },
  PART_UNKNOWN: { exit: 2, title: 'A release has no such part' },
  PART_MISSING: { exit: 5, title: 'A part of a release is missing' },
  PART_TWICE: { exit: 5, title: 'A part of a release is there twice' },
  PART_OTHER_PLAN: { exit: 5, title: 'A part is of another plan' },
  PART_OTHER_VERSION: { exit: 5, title: 'A part was made by another winpv' },
  PART_OTHER_KEYS: { exit: 5, title: 'A part was signed with other keys' },
  PART_DAMAGED: { exit: 5, title: 'A part is not as it was made' },
} as const;
