import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import { sourceDateEpoch } from '../../core/given-date.ts';
import type { StampChange } from '../../packaging/formats/inf/stamp.ts';
import type { StampOptions } from '../../packaging/formats/inf/stamp-options.ts';
import { readInfFile, STANDARD_INPUT } from '../inputs/inf-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface Options extends Omit<StampOptions, 'version'> {
  readonly driverVersion?: string | true;
  /** -n */
  readonly tell?: true;
}

/** What `*` stands for: SOURCE_DATE_EPOCH where a build sets it, so that it gives the same bytes again; else now. */
const stampTime = ({ env, clock }: Io): number => sourceDateEpoch(env.SOURCE_DATE_EPOCH, clock.now()) ?? clock.now();

const changeLine = ({ section, name, value }: StampChange): string =>
  section === undefined ? `Stamping ${name} with ${value}` : `Stamping [${section}] section with ${name}=${value}`;

const stamp = async ({ io, output }: Context, file: string, options: Options): Promise<Outcome> => {
  if (file === STANDARD_INPUT) {
    throw new WinpvError('USAGE', 'Standard input cannot be stamped: the file is changed in place.', {
      hint: 'Name a file; ./- is one that is called so.',
    });
  }
  const { planStamp } = await import('../../packaging/formats/inf/stamp-options.ts');
  const { stampInf } = await import('../../packaging/formats/inf/stamp.ts');
  const { equalBytes } = await import('../../core/bytes.ts');
  const { driverVersion, tell = output.verbose, ...rest } = options;
  const asked = { ...rest, ...(driverVersion === undefined ? {} : { version: driverVersion }) };
  const plan = planStamp(asked, io.env, stampTime(io), io.clock.now());
  const before = await readInfFile(io, file);
  const { bytes, changes, diagnostics } = stampInf(before, file, plan);
  const changed = !equalBytes(before, bytes);
  if (changed) await io.files.write(file, bytes);
  const told = changes.filter(({ name }) => tell || name === 'DriverVer');
  const text = [
    `Stamping ${file}`,
    ...told.map(changeLine),
    ...(changed ? [] : ['The file has these values already.']),
  ];
  return { result: { file, changed, changes }, text, diagnostics };
};

export const infStampCommand = (bind: Bind): Command =>
  new Command('stamp')
    .summary('put date, version, architecture and catalog into an INF, as StampInf does')
    .description(
      'Writes DriverVer, and what else is asked for, into the file itself; every other character stays. Dates and times are UTC; `*` is SOURCE_DATE_EPOCH where that is set, else now. STAMPINF_DATE, STAMPINF_VERSION, Platform and PRIVATE_DRIVER_PACKAGE count as they do for StampInf.',
    )
    .argument('<file>', 'an INF or INX')
    .option('-d, --date [date]', 'the date of DriverVer, mm/dd/yyyy, or * for today (the default)')
    .option('-v, --driver-version [version]', 'the version of DriverVer, w.x.y.z, or * for the time of day')
    .option('-a, --arch [architecture]', 'what replaces $ARCH$: x86, amd64, x64, arm, arm64, ia64')
    .option('-c, --catalog <name>', 'CatalogFile of [Version], a name that ends in .cat')
    .option('-k, --kmdf <version>', 'what replaces $KMDFVERSION$ and $KMDFCOINSTALLERVERSION$, for example 1.15')
    .option('-u, --umdf <version>', 'what replaces $UMDFVERSION$ and $UMDFCOINSTALLERVERSION$, for example 2.15.0')
    .option('-s, --section <name>', 'the section that gets DriverVer (default: Version)')
    .option('-n, --tell', 'say everything that was stamped, not DriverVer alone')
    .addHelpText(
      'after',
      examples(
        'winpv inf stamp xenbus.inf -d 05/29/2026 -v 9.1.0.31',
        "winpv inf stamp acme.inx -d '*' -v 9.1.0.31 -a amd64 -c acme.cat -k 1.15",
      ),
    )
    .action(bind(stamp));
