/** Driver repositories, and the forms in which a release is handed on. Rules: publishing/repository, publishing/delivery. */
export const REPOSITORY_CODES = {
  REPOSITORY_FOREIGN: { exit: 8, title: 'A folder to publish to holds something that winpv did not put there' },
  REPOSITORY_BROKEN: { exit: 3, title: 'The index of a driver repository cannot be read' },
  REPOSITORY_NEWER: { exit: 3, title: 'A driver repository is from a newer winpv' },
  REPOSITORY_VERSION_TAKEN: { exit: 5, title: 'A version was published with other content' },
  REPOSITORY_NAME_REFUSED: { exit: 5, title: 'A file has a name that a driver repository does not take' },
  REPOSITORY_FILE_MISSING: { exit: 5, title: 'A file of a driver repository is missing' },
  REPOSITORY_FILE_DIFFERS: { exit: 5, title: 'A file of a driver repository is not the one that was published' },
  REPOSITORY_FILE_EXTRA: { exit: 5, title: 'A driver repository holds a file that is not in its index' },
  REPOSITORY_LEFTOVER: { exit: 5, title: 'A publication stopped, and what it left is still there' },
  PUBLISH_UNSIGNED_FOR_WINDOWS: { exit: 5, title: 'Current Windows does not load what is published' },
  PUBLISH_NOT_CONFIRMED: { exit: 2, title: 'Publishing for the world was not confirmed' },
  PUBLISH_NOTHING_ASKED: { exit: 2, title: 'Nothing says where to publish' },
  DELIVERY_NO_SYMBOLS: { exit: 5, title: 'A release has no symbols' },
  DELIVERY_SYMBOLS_FOREIGN: { exit: 5, title: 'Symbols are of another build than the image beside them' },
} as const;
