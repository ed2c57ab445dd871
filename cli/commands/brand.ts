import { Command } from 'commander';
import { formatVersion } from '../../core/version.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const list = async ({ io }: Context): Promise<Outcome> => {
  const { SHIPPED_BRANDS } = await import('../../branding/shipped.ts');
  const { loadBrand } = await import('../../release/load.ts');
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
  const { loadBrand } = await import('../../release/load.ts');
  const { loaded } = await loadBrand(io, brand);
  const { version, versions, ...rest } = loaded.brand;
  const written = {
    ...rest,
    version: formatVersion(version),
    versions: Object.fromEntries(Object.entries(versions).map(([driver, own]) => [driver, formatVersion(own)])),
  };
  // A JSON value is a YAML value, so the lines are a settings file.
  const text = Object.entries(written).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return { result: written, text, diagnostics: loaded.notes };
};

const check = async ({ io }: Context, brands: readonly string[]): Promise<Outcome> => {
  const { loadBrand } = await import('../../release/load.ts');
  const { checkBrands, checkIdListSizes } = await import('../../branding/rules.ts');
  const { DRIVERS } = await import('../../drivers/index.ts');
  const { stopOnErrors } = await import('../../core/errors.ts');
  const loaded = await Promise.all(brands.map(async (brand) => (await loadBrand(io, brand)).loaded));
  const buses = DRIVERS.flatMap(({ generations: [newest] }) => newest.bus ?? []);
  const found = [
    ...loaded.flatMap(({ notes }) => notes),
    ...checkBrands(loaded),
    ...loaded.flatMap((brand) => checkIdListSizes(brand, buses)),
  ];
  stopOnErrors(found);
  const ids = loaded.map(({ brand }) => brand.id);
  return { result: { brands: ids }, text: [`${ids.join(', ')}: valid`], diagnostics: found };
};

export const brandCommand = (bind: Bind): Command => {
  const command = new Command('brand')
    .summary('list, show and check brands')
    .description('Who ships the drivers, as data.');
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
  return command;
};
