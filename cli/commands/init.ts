import { Command } from 'commander';
import type { NewBrand } from '../../branding/new-brand.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { Questions } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { pathWord } from '../render/shell.ts';

interface InitOptions {
  readonly brand?: string;
  readonly vendor?: string;
  readonly prefix?: string;
  readonly product?: string;
  readonly deviceId?: string;
  readonly firstVersion: string;
}

const VENDOR = 'My Company';

/** What is wrong with a brand that begins; nothing when it is allowed. */
const complaints = async (brand: NewBrand): Promise<readonly Diagnostic[]> => {
  const { newBrandFile } = await import('../../branding/new-brand.ts');
  const { parseBrand } = await import('../../branding/load.ts');
  const { utf8 } = await import('../../core/bytes.ts');
  try {
    return parseBrand(utf8(newBrandFile(brand)), `brands/${brand.id}.yaml`).notes;
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
};

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

type Asked = 'vendorName' | 'productName' | 'vendorPrefix' | 'vendorDeviceId';

/** Asks until the answer is one that a brand may have; an empty one takes what is offered. */
const askFor = async (questions: Questions, brand: NewBrand, key: Asked, question: string): Promise<NewBrand> => {
  const offered = brand[key];
  for (let tries = 0; tries < 10; tries += 1) {
    const answer = (await questions.ask(`${question}${offered === undefined ? '' : ` [${offered}]`}: `)).trim();
    if (answer === '') return brand;
    const next = { ...brand, [key]: answer };
    const wrong = (await complaints(next)).filter(isError);
    if (wrong.length === 0) return next;
    for (const { message } of wrong) questions.say(`  ${message}`);
  }
  return brand;
};

/** What the options say, and for the rest what the person at the terminal answers; without one, what can be changed later. */
const brandOf = async ({ io, output }: Context, folderName: string, options: InitOptions): Promise<NewBrand> => {
  const { brandIdFrom, prefixFrom } = await import('../../release/project/new-project.ts');
  const { vendor, prefix, product, deviceId } = options;
  const vendorName = vendor ?? VENDOR;
  let brand: NewBrand = {
    ...{ id: options.brand ?? brandIdFrom(folderName), version: options.firstVersion, vendorName },
    ...{ productName: product ?? vendorName, vendorPrefix: prefix ?? prefixFrom(vendorName) },
    ...(deviceId === undefined ? {} : { vendorDeviceId: deviceId }),
  };
  // A program that reads the answer types none.
  if (io.questions === undefined || output.json || vendor !== undefined || prefix !== undefined) return brand;
  const questions = await io.questions();
  try {
    questions.say('A project for winpv. Return takes what stands in brackets; everything can be changed in the files.');
    brand = await askFor(questions, brand, 'vendorName', 'Who ships the drivers');
    brand = { ...brand, productName: product ?? brand.vendorName, vendorPrefix: prefixFrom(brand.vendorName) };
    brand = await askFor(questions, brand, 'productName', 'Product, which begins the display names');
    brand = await askFor(questions, brand, 'vendorPrefix', 'Prefix of hardware ids, for good');
    brand = await askFor(
      questions,
      brand,
      'vendorDeviceId',
      'PCI device id of your own, if there is one (C300 to FFFF)',
    );
  } finally {
    questions.close();
  }
  return brand;
};

const init = async (context: Context, folder: string | undefined, options: InitOptions): Promise<Outcome> => {
  const { io } = context;
  const { files } = io;
  const { newProjectFiles } = await import('../../release/project/new-project.ts');
  const place = folder ?? '.';
  const named = files.basename(await files.realPath(place));
  const existing = async (path: string): Promise<boolean> => (await files.stat(files.join(place, path))) !== undefined;
  const refuse = (path: string): never => {
    const file = files.join(place, path);
    throw new WinpvError('OUTPUT_NOT_EMPTY', `${file} exists already. Nothing was written.`, { at: { file } });
  };
  // Before anything is asked.
  if (await existing('winpv.yaml')) refuse('winpv.yaml');
  const brand = await brandOf(context, named, options);
  const found = await complaints(brand);
  if (found.some(isError)) throw WinpvError.of(found);
  const made = newProjectFiles(brand);
  // A folder that git looks after has a .gitignore of its own.
  const written = [];
  for (const { path, bytes } of made) {
    if (path === '.gitignore' && (await existing(path))) continue;
    if (await existing(path)) refuse(path);
    written.push({ path: files.join(place, ...path.split('/')), bytes });
  }
  for (const { path, bytes } of written) await files.write(path, bytes);
  const release = `${io.invocation} release${place === '.' ? '' : ` -C ${pathWord(place)}`}`;
  return {
    result: { folder: place, brand: brand.id, files: written.map(({ path }) => path), next: release },
    text: [
      ...written.map(({ path }) => `${path}: written`),
      '',
      `The prefix of your hardware ids is ${brand.vendorPrefix}. It is compiled into the bus drivers and cannot change later.`,
      `Next: ${release}`,
    ],
    diagnostics: found,
  };
};

export const initCommand = (bind: Bind): Command =>
  new Command('init')
    .description(
      'Writes winpv.yaml, one brand and a .gitignore, commented, to edit further; the project can be released as it is, from stand-ins. ' +
        'On a terminal it asks for what the options do not say. Replaces nothing.',
    )
    .argument('[dir]', 'the folder of the project (default: this one)')
    .option('--brand <id>', 'lower-case letters, digits and hyphens (default: from the name of the folder)')
    .option('--vendor <name>', `who ships; with it nothing is asked (default: ${VENDOR})`)
    .option('--prefix <prefix>', 'begins the hardware ids (default: from the vendor)')
    .option('--product <name>', 'begins the display names (default: the vendor)')
    .option('--device-id <id>', "the vendor's own PCI function, for example C8E4")
    .option('--first-version <version>', 'four numbers', '9.1.0.0')
    .addHelpText(
      'after',
      examples('winpv init my-drivers', 'winpv init acme --vendor "Acme Ltd." --prefix AC --device-id C8E4'),
    )
    .action(bind(init));
