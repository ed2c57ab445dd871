import { createInterface } from 'node:readline/promises';
import type { Questions } from '../io.ts';

/** Asks on this terminal. Questions are conversation, so they are written to stderr. */
export const terminalQuestions = (): Questions => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return {
    // Ctrl+C at a question is one for winpv, and the end of input an answer that was left empty.
    ask: async (question) => {
      const interrupted = (): boolean => process.emit('SIGINT');
      lines.once('SIGINT', interrupted);
      const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
      const answer = await Promise.race([lines.question(question), closed]);
      lines.off('SIGINT', interrupted);
      return answer;
    },
    say: (line) => {
      process.stderr.write(`${line}\n`);
    },
    close: () => lines.close(),
  };
};
