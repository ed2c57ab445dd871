import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import { formatVersion } from '../../core/version.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const list = async ({ io }: Context): Promise<Outcome> => {
  const { SHIPPED_BRANDS } = await import('../../branding/shipped.ts');
  const { loadBrand } = await import('../../release/project/load.ts');
  const brands = await Promise.all(SHIPPED_BRANDS.map(async ({ id }) => (await loadBrand(io, id)).loaded.brand));
  const shown = brands.map(({ id, vendorName, productName, vendorPrefix, vendorDeviceId, version }) => ({
    ...{ id, vendorName, productName, vendorPrefix, vendorDeviceId: vendorDeviceId ?? null },
    version: formatVersion(version),
  }));
  return {
    result: { brands: shown },
    text: shown.map(
      (b) =>
        `${b.id.padEnd(16)} ${b.vendorPrefix.padEnd(6)} ${(b.vendorDeviceId ?? '-').padEnd(5)} ${b.vendorName} / ${b.productName} ${b.version}`,
    ),
  };
};

const show = async ({ io }: Context, brand: string): Promise<Outcome> => {
  const { loadBrand } = await import('../../release/project/load.ts');
  const { loaded } = await loadBrand(io, brand);
  const { version, versions, ...rest } = loaded.brand;
  const written = {
    ...rest,
    version: loaded.versionRule ?? formatVersion(version),
    versions: Object.fromEntries(Object.entries(versions).map(([driver, own]) => [driver, formatVersion(own)])),
  };
  // A JSON value is a YAML value, so the lines are a settings file.
  const text = Object.entries(written).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return { result: written, text, diagnostics: loaded.notes };
};

const check = async ({ io }: Context, brands: readonly string[]): Promise<Outcome> => {
  const { loadBrand } = await import('../../release/project/load.ts');
  const { checkBrands, checkDriverNames, checkIdListSizes } = await import('../../branding/rules.ts');
  const { DRIVERS, FAMILY } = await import('../../drivers/index.ts');
  const { stopOnErrors } = await import('../../core/errors.ts');
  const loaded = await Promise.all(brands.map(async (brand) => (await loadBrand(io, brand)).loaded));
  const buses = DRIVERS.flatMap(({ generations: [newest] }) => newest.bus ?? []);
  const found = [
    ...loaded.flatMap(({ notes }) => notes),
    ...loaded.flatMap((brand) => checkDriverNames(brand, FAMILY)),
    ...checkBrands(loaded),
    ...loaded.flatMap((brand) => checkIdListSizes(brand, buses)),
  ];
  stopOnErrors(found);
  const ids = loaded.map(({ brand }) => brand.id);
  return { result: { brands: ids }, text: [`${ids.join(', ')}: valid`], diagnostics: found };
};

interface NewOptions {
  readonly vendor: string;
  readonly prefix: string;
  readonly product?: string;
  readonly deviceId?: string;
  readonly firstVersion: string;
  readonly out?: string;
}

const create = async ({ io }: Context, id: string, options: NewOptions): Promise<Outcome> => {
  const { newBrandFile } = await import('../../branding/new-brand.ts');
  const { parseBrand } = await import('../../branding/load.ts');
  const { utf8 } = await import('../../core/bytes.ts');
  const { vendor, prefix, product = vendor, deviceId, firstVersion } = options;
  const path = options.out ?? io.files.join('brands', `${id}.yaml`);
  const bytes = utf8(
    newBrandFile({
      ...{ id, version: firstVersion, vendorName: vendor, vendorPrefix: prefix, productName: product },
      ...(deviceId === undefined ? {} : { vendorDeviceId: deviceId }),
    }),
  );
  const { brand, notes } = parseBrand(bytes, path);
  if ((await io.files.stat(path)) !== undefined) {
    throw new WinpvError('OUTPUT_NOT_EMPTY', `${path} exists already. Nothing was written.`, { at: { file: path } });
  }
  await io.files.write(path, bytes);
  return {
    result: { file: path, id: brand.id },
    text: [`${path}: written. Name it under \`brands\` of winpv.yaml.`],
    diagnostics: notes,
  };
};

export const brandCommand = (bind: Bind): Command => {
  const command = new Command('brand').description('Who ships the drivers, as data.');
  command
    .command('list')
    .summary('the brands that come with winpv')
    .description('Lists id, prefix, device id, vendor, product and version. Changes nothing.')
    .addHelpText('after', examples('winpv brand list'))
    .action(bind(list));
  command
    .command('show')
    .summary('a brand with every default filled in')
    .description('Prints a brand as a settings file. Changes nothing.')
    .argument('<brand>', "a shipped brand's id, or a file")
    .addHelpText('after', examples('winpv brand show xenproject', 'winpv brand show brands/acme.yaml --json'))
    .action(bind(show));
  command
    .command('check')
    .summary('check brand files, alone and against each other')
    .description(
      'Reports every complaint with line and column; several brands are also checked against each other. Changes nothing.',
    )
    .argument('<brand...>', 'ids or files')
    .addHelpText(
      'after',
      examples('winpv brand check brands/acme.yaml', 'winpv brand check xenproject brands/acme.yaml'),
    )
    .action(bind(check));
  command
    .command('new')
    .summary('start a brand file')
    .description('Writes a commented brand file, checked, to edit further. Replaces nothing.')
    .argument('<id>', 'lower-case letters, digits and hyphens')
    .requiredOption('--vendor <name>', 'who ships')
    .requiredOption('--prefix <prefix>', 'begins the hardware ids, for example AC')
    .option('--product <name>', 'begins the display names (default: the vendor)')
    .option('--device-id <id>', "the vendor's own PCI function, for example C8E4")
    .option('--first-version <version>', 'four numbers', '9.1.0.0')
    .option('--out <file>', 'where to write (default: brands/<id>.yaml)')
    .addHelpText('after', examples('winpv brand new acme --vendor "Acme Ltd." --prefix AC --device-id C8E4'))
    .action(bind(create));
  return command;
};
