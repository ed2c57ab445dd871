import { Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { WindowsTarget } from '../../packaging/formats/inf/target-os.ts';
import { readInfFile } from '../inputs/inf-files.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const ARCHITECTURES = ['amd64', 'x86', 'arm64', 'arm', 'ia64'] as const;

interface ShowOptions {
  readonly os?: string;
  readonly arch?: (typeof ARCHITECTURES)[number];
}

const targetOf = ({ os, arch }: ShowOptions): WindowsTarget | undefined => {
  if (os === undefined) {
    if (arch === undefined) return undefined;
    throw new WinpvError('USAGE', '--arch goes with --os.', { hint: 'For example --os 10.0.19045 --arch amd64.' });
  }
  const match = /^(\d{1,5})\.(\d{1,5})(?:\.(\d{1,6}))?$/.exec(os);
  if (match === null)
    throw new WinpvError('USAGE', `"${os}" is not a Windows version.`, { hint: 'For example --os 10.0.19045.' });
  const [major = 0, minor = 0, build = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return { arch: arch ?? 'amd64', major, minor, build };
};

const show = async ({ io }: Context, file: string, options: ShowOptions): Promise<Outcome> => {
  const target = targetOf(options);
  const { parseInf } = await import('../../packaging/formats/inf/document.ts');
  const { infModel } = await import('../../packaging/formats/inf/model.ts');
  const { infLines, showInf } = await import('../../packaging/formats/inf/show.ts');
  const document = parseInf(await readInfFile(io, file), file);
  const shown = showInf(document, infModel(document), target);
  return { result: shown, text: infLines(shown), diagnostics: document.warnings };
};

export const infShowCommand = (bind: Bind): Command =>
  new Command('show')
    .summary('what an INF says')
    .description(
      'Prints version, devices and ids of an INF; with --os, what that Windows would install. --json has every section and line. Changes nothing.',
    )
    .argument('<file>', 'an INF in ANSI, UTF-8 or UTF-16; - is standard input')
    .option('--os <version>', 'a Windows version, for example 10.0.19045')
    .addOption(new Option('--arch <architecture>', 'the architecture of that Windows').choices([...ARCHITECTURES]))
    .addHelpText(
      'after',
      examples('winpv inf show xenbus.inf', 'winpv inf show xenbus.inf --os 10.0.19045 --arch amd64 --json'),
    )
    .action(bind(show));
