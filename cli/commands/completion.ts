import { Argument, Command } from 'commander';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { SHELLS, type Shell } from '../render/completion.ts';
import { examples } from '../render/examples.ts';

const completion = async (_context: Context, shell: Shell): Promise<Outcome> => {
  const { wholeTree } = await import('../whole-tree.ts');
  const { completionScript } = await import('../render/completion.ts');
  const script = completionScript(shell, await wholeTree());
  return { result: { shell, script: `${script.join('\n')}\n` }, text: script, textTells: 'document' };
};

export const completionCommand = (bind: Bind): Command =>
  new Command('completion')
    .description(
      'Prints a script that teaches a shell to complete commands, options and their values. Changes nothing.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', examples('winpv completion bash > winpv.bash', 'winpv completion fish'))
    .action(bind(completion));
