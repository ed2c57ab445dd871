import type { RepositoryCheck } from '../../publishing/repository/check.ts';
import type { PublicationPlan } from '../../publishing/repository/plan.ts';

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));

/** What a publication to a folder did, or would do. */
export const repositoryLines = (
  folder: string,
  plan: PublicationPlan,
  { dryRun }: { readonly dryRun: boolean },
): readonly string[] => {
  const width = widest(plan.add.map(({ path }) => path));
  const [all, versions] = [plan.index.packages.length, new Set(plan.index.packages.map(({ brand }) => brand)).size];
  return [
    dryRun
      ? `${folder}: ${count(plan.add.length, 'package')} would be published. Nothing was written.`
      : `${folder}: ${count(plan.add.length, 'package')} published; ${count(all, 'package')} of ${count(versions, 'brand')} in all.`,
    ...plan.add.map((one) => {
      const entry = plan.index.packages.find(({ path }) => path === one.path);
      const older =
        entry === undefined || entry.supersedes.length === 0 ? '' : `, supersedes ${entry.supersedes.length}`;
      return `  ${one.path.padEnd(width)}  ${one.date}  ${one.signature.kind}${older}`;
    }),
    ...(plan.there.length === 0 ? [] : [`  ${count(plan.there.length, 'package was', 'packages were')} there already`]),
    ...plan.prune.map((path) => `  ${path} ${dryRun ? 'would go' : 'is gone'}`),
  ];
};

/** The plan as `--json` tells it. */
export const repositoryResult = (folder: string, plan: PublicationPlan, changed: boolean) => ({
  to: folder,
  changed,
  added: plan.add.map(({ content: _content, ...one }) => ({
    ...one,
    supersedes: plan.index.packages.find(({ path }) => path === one.path)?.supersedes ?? [],
  })),
  there: plan.there,
  pruned: plan.prune,
  packages: plan.index.packages.length,
});

export const checkedRepositoryLines = (
  folder: string,
  { index, files, diagnostics }: RepositoryCheck,
): readonly string[] => {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const verdict = errors === 0 ? 'as its index says' : `NOT as its index says: ${count(errors, 'difference')}`;
  return [`${folder}: ${count(index.packages.length, 'package')}, ${count(files, 'file')} compared; ${verdict}.`];
};
