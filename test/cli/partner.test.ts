import { beforeAll, describe, expect, test } from 'vitest';
import { accountOf } from '../../emulator/cloud/partner-center/state.ts';
import { inProcessHttp } from '../../emulator/http/in-process.ts';
import { winpvJson } from '../support/command-line.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { attested, caller, ORIGIN, openTestCenter, START_MS } from '../support/partner-center.ts';

/** An account with products and a submission, looked at from the command line. */
let call: Awaited<ReturnType<typeof caller>>;
let run: (...argv: readonly string[]) => ReturnType<typeof winpvJson>;
beforeAll(async () => {
  const center = await openTestCenter({ fast: true });
  const { tenant, clientId, clientSecret } = accountOf(center.service.state());
  const env = { WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret };
  run = (...argv) =>
    winpvJson(['partner', ...argv, '--endpoint', ORIGIN], {
      ...{ files: memoryFiles({}), env, now: START_MS, http: inProcessHttp(center.service) },
    });
  call = await caller(center);
  for (let n = 0; n < 60; n += 1) await call('POST', '/products', { ...attested, productName: `Product ${n}` });
});

const products = async (...more: readonly string[]) => {
  const { result } = await run('list', 'products', ...more);
  return result.products as readonly { readonly id: string; readonly productName: string }[];
};

describe('winpv partner', () => {
  test('lists products over all pages, with their ids in full, and sifts by name', async () => {
    const all = await products();
    expect(all).toHaveLength(60);
    for (const { id } of all) expect(id).toMatch(/^\d{16,19}$/);
    expect((await products('--name', 'PRODUCT 5')).map(({ productName }) => productName).sort()).toEqual(
      ['Product 5', ...Array.from({ length: 10 }, (_, n) => `Product 5${n}`)].sort(),
    );
  });

  test('lists submissions and audiences, and says when there are none', async () => {
    const [first] = await products();
    expect((await run('list', 'submissions', '--product', first?.id ?? '')).result).toEqual({ submissions: [] });
    const { result } = await run('list', 'audiences');
    expect(result.audiences).toContainEqual(expect.objectContaining({ audienceName: expect.any(String) }));
  });

  test('names a thing that is not there as that, with the service’s code', async () => {
    const { exit, error } = await run('list', 'submissions', '--product', '1152921504621465124');
    expect(exit).toBe(7);
    expect(error?.message).toContain('entityNotFound');
  });

  test.each([
    [['list', 'drivers']],
    [['list', 'submissions']],
    [['list', 'labels', '--product', '1']],
    [['list', 'submissions', '--product', '1e3']],
    [['list', 'submissions', '--product', '../audiences']],
    [['rename', ' ', '--product', '1']],
    [['translate', '--publisher', 'x', '--product', '1', '--submission', '1']],
  ])('%j is a wrong use, and nothing is asked', async (argv) => {
    expect((await run(...argv)).exit).toBe(2);
  });

  test('gives a submission and its product other names, and nothing else', async () => {
    const id = (await products('--name', 'Product 7'))[0]?.id ?? '';
    await call('POST', `/products/${id}/submissions`, { name: 'first', type: 'initial' });
    const submissions = async () => (await run('list', 'submissions', '--product', id)).result.submissions;
    const [before] = (await submissions()) as readonly { readonly id: string }[];
    expect(before).toMatchObject({ name: 'first', type: 'initial' });
    expect((await run('rename', 'second', '--product', id, '--submission', before?.id ?? '')).exit).toBe(0);
    expect(await submissions()).toEqual([{ ...before, name: 'second' }]);
    expect((await run('rename', 'Acme 7', '--product', id)).exit).toBe(0);
    expect((await products('--name', 'acme')).map((one) => one.id)).toEqual([id]);
  });

  test('asks a shared submission’s metadata and ids of the service, which says what is not there', async () => {
    const shared = ['--product', '1', '--submission', '2'];
    expect((await run('metadata', ...shared)).exit).toBe(7);
    expect((await run('translate', '--publisher', '3', ...shared)).exit).toBe(7);
  });
});
