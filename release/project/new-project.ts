import { type NewBrand, newBrandFile } from '../../branding/new-brand.ts';
import { utf8 } from '../../core/bytes.ts';
import { PROJECT_FILE } from './project.ts';

/** A file of a project that begins; `path` starts from the project's folder, `/` between the parts. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What is this machine's own: keys that sign for tests, sources that were fetched, what was made. */
const IGNORED = `# Test keys, fetched sources and caches: each machine makes its own. The ledger is of the project: keep it.
.winpv/keys/
.winpv/cache/
dist/
`;

const projectFile = (
  brand: string,
): string => `# What winpv releases. Every key: docs/reference/winpv.yaml of winpv, or \`winpv schema\` for your editor.

# Who ships: files, or the ids of brands that come with winpv (\`winpv brand list\`).
brands: [${brand}]

# Where built drivers come from. Stand-ins are small valid images without a driver in them, to see the whole way once;
# they can be published nowhere but to the emulator. A build of your own, for example:
#   xenbus: { tree: upstream/xenbus }                  # a finished package: a folder, .tar, .tar.gz or .zip
#   xenvbd: { template: xenvbd.inf, binaries: bin }    # an INF template, and bin/<x64|x86|arm64>/<file>
#   xenvif: { binaries: bin/xenvif }                   # with winpv's own template
sources:
  default: stand-in

drivers: [xenbus, xenvbd]
architectures: [x64]

# Keys for tests are made in .winpv/keys/ when they are first needed; Windows takes what they sign in test mode only. To ship:
#   signing: { pfx: signer.p12, passin: env:PFX_PASSWORD, timestamp: [https://timestamp.example.com] }
# or a token, a cloud or a program of your own: docs/guide/signing.md.
signing:
  test: true
`;

/**
 * The files of a project to start from: settings, one brand, and what git leaves alone. It can be released as it is.
 * @param brand whether its values are allowed, {@link parseBrand} says of the brand's file
 */
export const newProjectFiles = (brand: NewBrand): readonly NewFile[] => {
  const path = `brands/${brand.id}.yaml`;
  return [
    { path: PROJECT_FILE, bytes: utf8(projectFile(path)) },
    { path, bytes: utf8(newBrandFile(brand)) },
    { path: '.gitignore', bytes: utf8(IGNORED) },
  ];
};

/** A brand id from a folder's name; `my-brand` when nothing of it can stay. */
export const brandIdFrom = (folder: string): string => {
  const id = folder
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  return id === '' ? 'my-brand' : id.slice(0, 64);
};

/** Two letters that hardware ids may begin with: the initials of a name's first two words, or its first two letters. */
export const prefixFrom = (name: string): string => {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => /^[A-Z]/.test(word));
  const [first = '', second = ''] = words;
  const letters =
    second === '' || /^(LTD|INC|GMBH|LLC|SA|AG|BV)$/.test(second) ? first.slice(0, 2) : `${first[0]}${second[0]}`;
  return letters.length === 2 ? letters : 'MC';
};
