import { createHash } from 'node:crypto';
import { utf8 } from '../../core/bytes.ts';
import type { Files } from '../../core/ports.ts';
import type { RepositoryPackage } from '../../publishing/repository/contract.ts';
import type { NewPackage, NewTrust, Publication } from '../../publishing/repository/plan.ts';

/** Publications without a release behind them: content that is told apart, and facts that are plausible. */
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface PackageFacts extends Partial<Omit<RepositoryPackage, 'files' | 'path'>> {
  /** What its files say. */
  readonly content?: string;
  /** Names beside the INF. */
  readonly more?: readonly string[];
}

export const packageOf = ({
  content = 'one',
  more = ['xenbus.sys', 'xenbus.cat'],
  ...facts
}: PackageFacts = {}): NewPackage => {
  const { brand = 'acme', driver = 'xenbus', version = '9.1.0.1', architecture = 'x64' } = facts;
  const inf = facts.inf ?? `${driver}.inf`;
  const files = [inf, ...more].map((name) => ({ name, bytes: utf8(`${content} ${version} ${name}`) }));
  return {
    path: `${brand}/${driver}/${version}/${architecture}`,
    ...{ brand, driver, version, architecture, inf },
    date: '2026-05-04',
    provider: 'Acme',
    class: 'System',
    windows: { names: ['10_X64'], from: '10.0.10240' },
    hardwareIds: ['PCI\\VEN_5853&DEV_0001'],
    signature: { kind: 'own', subject: 'CN=Acme', thumbprint: 'ab' },
    release: sha256(utf8(version)),
    ...facts,
    files: files.map(({ name, bytes }) => ({ name, bytes: bytes.length, sha256: sha256(bytes) })),
    content: files,
  };
};

export const trustOf = (brand = 'acme', content = 'root'): NewTrust => {
  const bytes = utf8(content);
  const name = `${brand}/trust/${sha256(bytes).slice(0, 16)}/root.cer`;
  return { name, brand, bytes: bytes.length, sha256: sha256(bytes), content: bytes };
};

export const publicationOf = (packages: readonly NewPackage[], trust: readonly NewTrust[] = []): Publication => ({
  release: {
    record: packages[0]?.release ?? '',
    brand: packages[0]?.brand ?? 'acme',
    date: '2026-05-04',
    tool: '0.1.0',
  },
  packages,
  trust,
});

/** The machine died: nothing after it runs. */
export class Died extends Error {}

/** Files that die at the nth change: before it happens, or when it has. Nothing more happens after that. */
export const dyingFiles = (
  files: Files,
  changes: number,
  when: 'before' | 'after',
): Files & { readonly used: () => number } => {
  let used = 0;
  let dead = false;
  const changing =
    <A extends readonly unknown[]>(change: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (dead) throw new Died();
      used += 1;
      dead = used > changes;
      if (dead && when === 'before') throw new Died();
      await change(...args);
      if (dead) throw new Died();
    };
  return {
    ...files,
    write: changing(files.write),
    rename: changing(files.rename),
    remove: changing(files.remove),
    used: () => used,
  };
};
