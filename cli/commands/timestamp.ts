import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { NamedFile } from '../inputs/named-files.ts';
import {
  addServerOptions,
  openTimestamper,
  readTimestampChoice,
  type TimestampOptions,
} from '../inputs/signing-options.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface TimestampCommandOptions extends TimestampOptions {
  readonly replace?: true;
  readonly out?: string;
}

interface StampedFile {
  readonly path: string;
  readonly target: string;
  readonly bytes: Uint8Array;
  readonly added: number;
  readonly kept: number;
}

const servers = async (io: Io, options: TimestampCommandOptions) => {
  const choice = await readTimestampChoice(io, options);
  if (choice?.kind === 'servers') return openTimestamper(io, choice);
  throw new WinpvError('USAGE', 'No time-stamp server was named.', { hint: 'Name one with --timestamp URL.' });
};

/** Files as named; below a folder, those that are signed. */
const subjectsOf = async (io: Io, paths: readonly string[]): Promise<readonly NamedFile[]> => {
  const { isSigned } = await import('../../packaging/signing/add-timestamp.ts');
  const { readNamedFiles } = await import('../inputs/named-files.ts');
  const files = await readNamedFiles(io, paths);
  const named = new Set(paths);
  return files.filter(({ path, bytes }) => named.has(path) || isSigned(bytes, path));
};

/** In place, or below `out`: one file given is written to that very path. @throws WinpvError USAGE for a clash of names */
const targetsOf = (io: Io, files: readonly NamedFile[], paths: readonly string[], out: string | undefined) => {
  const [only] = paths;
  const single = files.length === 1 && paths.length === 1 && files[0]?.path === only;
  const target = ({ path, name }: NamedFile): string =>
    out === undefined ? path : single ? out : io.files.join(out, name);
  const targets = files.map(target);
  const twice = targets.find((path, i) => targets.indexOf(path) !== i);
  if (twice === undefined) return targets;
  throw new WinpvError('USAGE', `Two files would be written to ${twice}.`, { hint: 'Name them in separate calls.' });
};

const line = ({ target, added, kept }: StampedFile): string => {
  if (added === 0) return `${target}: kept ${kept === 1 ? 'its time stamp' : `its ${kept} time stamps`}`;
  return `${target}: ${added} time stamp${added === 1 ? '' : 's'} added${kept === 0 ? '' : `, ${kept} kept`}`;
};

const run = async ({ io }: Context, paths: readonly string[], options: TimestampCommandOptions): Promise<Outcome> => {
  const timestamper = await servers(io, options);
  const { addTimestamps } = await import('../../packaging/signing/add-timestamp.ts');
  const files = await subjectsOf(io, paths);
  const targets = targetsOf(io, files, paths, options.out);
  const existing = options.replace === true ? 'replace' : 'keep';
  const stamped = await Promise.all(
    files.map(async ({ path, bytes }, i): Promise<StampedFile> => {
      const made = await addTimestamps(bytes, path, { timestamper, existing, nowMs: io.clock.now() });
      return { path, target: targets[i] ?? path, ...made };
    }),
  );
  for (const { path, target, bytes, added } of stamped) {
    if (added > 0 || target !== path) await io.files.write(target, bytes);
  }
  return {
    result: { files: stamped.map(({ path, target, added, kept }) => ({ path, out: target, added, kept })) },
    text: stamped.length === 0 ? ['No signed file was found.'] : stamped.map(line),
    diagnostics: timestamper.findings(),
  };
};

export const timestampCommand = (bind: Bind): Command =>
  addServerOptions(
    new Command('timestamp')
      .description(
        'Adds a time stamp to each signature of images, cabinets and catalogs, nested signatures included. What was signed stays as it is; a broken signature is refused. Nothing is written until every file has its time stamps.',
      )
      .argument('<path...>', 'signed files, or folders with signed files below'),
  )
    .option('--replace', 'replace time stamps that are there; they are kept otherwise')
    .option('--out <path>', 'write here, not in place: a file for one file, else a folder')
    .addHelpText(
      'after',
      examples(
        'winpv timestamp xenbus.sys xenbus.cat --timestamp http://timestamp.example.com',
        'winpv timestamp signed --timestamp http://a.example --timestamp http://b.example --timestamp-ca tsa-root.pem',
      ),
    )
    .action(bind(run));
