import { Command } from 'commander';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { addImageSignatureCommands } from './signature.ts';

const show = async ({ io }: Context, file: string): Promise<Outcome> => {
  const { parsePe } = await import('../../packaging/formats/pe/parse.ts');
  const { peSummaryLines, showPe } = await import('../../packaging/formats/pe/show.ts');
  const summary = showPe(parsePe(await io.files.read(file), file));
  return { result: summary, text: peSummaryLines(summary) };
};

export const peCommand = (bind: Bind): Command => {
  const command = new Command('pe').description('Driver binaries: .sys, .exe, .dll, .efi.');
  command
    .command('show')
    .summary('headers, imports, version resource and hashes of an image')
    .description('Prints what an image says of itself, and its Authenticode hashes. Changes nothing.')
    .argument('<file>', 'a PE image')
    .addHelpText('after', examples('winpv pe show xenvbd.sys', 'winpv pe show xenvbd.sys --json'))
    .action(bind(show));
  return addImageSignatureCommands(command, bind);
};
