import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wholeTree } from '../../cli/whole-tree.ts';
import { oracle, projectRoot } from '../support/outside.ts';
import { manPage, referencePage } from './reference-pages.ts';

const tree = await wholeTree();
const docs = (name: string): string => join(projectRoot, 'docs', name);

/** Both pages are made from the commands; `npx vitest run test/docs -u` writes them anew. */
describe('the reference of the command line', () => {
  test('docs/reference/commands.md says what the commands say', async () => {
    await expect(referencePage(tree)).toMatchFileSnapshot(docs('reference/commands.md'));
  });

  test('docs/man/winpv.1 says the same', async () => {
    await expect(manPage(tree)).toMatchFileSnapshot(docs('man/winpv.1'));
  });

  oracle('man', 'man finds nothing to warn of in the page', (man) => {
    const { status, stderr, stdout } = man('--warnings', '-E', 'UTF-8', '-l', '-Tutf8', docs('man/winpv.1'));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.toString('utf8')).toContain('WINPV(1)');
  });
});
