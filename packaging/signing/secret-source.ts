import { WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { Secret } from './secret.ts';

/** Where a secret may come from; never an argument. */
export interface SecretPorts {
  readonly files: Files;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: () => Promise<Uint8Array>;
}

/**
 * The text of `env:NAME`, `file:PATH` or `stdin`, without a line end at its end.
 * @throws WinpvError SIGN_PASSWORD_SOURCE when there is nothing
 */
export const readSecret = async (source: string, ports: SecretPorts): Promise<Secret> => {
  const clean = (bytes: Uint8Array): Secret => new Secret(new TextDecoder('utf-8').decode(bytes).replace(/\r?\n$/, ''));
  if (source === 'stdin') return clean(await ports.stdin());
  if (source.startsWith('file:'))
    return clean(await ports.files.read(source.slice('file:'.length), { maxBytes: 64 * 1024 }));
  const name = source.startsWith('env:') ? source.slice('env:'.length) : undefined;
  const value = name === undefined ? undefined : ports.env[name];
  if (value !== undefined) return new Secret(value);
  throw new WinpvError(
    'SIGN_PASSWORD_SOURCE',
    name === undefined
      ? 'A password has to come from env:NAME, file:PATH or stdin.'
      : `The environment has no ${name}.`,
    {
      hint:
        name === undefined
          ? 'Passwords never stand in arguments or in files of the project.'
          : `Set ${name} where winpv is started, or name a file with file:PATH.`,
    },
  );
};
