import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newHost } from '../../../emulator/xen/host.ts';
import { domainPath, storeList, storeRead, storeRemove, storeWrite } from '../../../emulator/xen/store.ts';
import { EMPTY_TREE, readNode, writeNode, writeNodes } from '../../../emulator/xen/tree.ts';
import {
  beginTransaction,
  endTransaction,
  firedWatches,
  readInTransaction,
  removeInTransaction,
  writeInTransaction,
} from '../../../emulator/xen/watches.ts';

const BACKEND = '/local/domain/0/backend/vbd/1/768';

describe('xenstore', () => {
  test('paths without a slash at the front are in the domain\u2019s own area', () => {
    const store = storeWrite(EMPTY_TREE, 'data/x', '1');
    expect(storeRead(store, '/local/domain/1/data/x')).toBe('1');
    expect(domainPath('data//x/')).toBe('/local/domain/1/data/x');
  });

  test('a write makes the nodes on the way, with empty values', () => {
    const store = storeWrite(EMPTY_TREE, '/a/b/c', '1');
    expect(storeRead(store, '/a/b')).toBe('');
    expect(storeList(store, '/a')).toEqual(['b']);
  });

  test('a removal takes all below with it, and leaves what is above', () => {
    const store = storeRemove(storeWrite(storeWrite(EMPTY_TREE, '/a/b/c', '1'), '/a/d', '2'), '/a/b');
    expect(storeRead(store, '/a/b/c')).toBeUndefined();
    expect(storeList(store, '/a')).toEqual(['d']);
  });

  test('names that objects have already are names like others', () => {
    const store = storeWrite(storeWrite(EMPTY_TREE, '/constructor', '1'), '/__proto__/x', '2');
    expect(storeRead(store, '/toString')).toBeUndefined();
    expect(storeList(store, '/')).toEqual(['constructor', '__proto__']);
    expect(storeRead(store, '/__proto__/x')).toBe('2');
  });

  test('what is written again with the same value is the same store', () => {
    const store = storeWrite(EMPTY_TREE, '/a/b', '1');
    expect(storeWrite(store, '/a/b', '1')).toBe(store);
    expect(storeRemove(store, '/a/c')).toBe(store);
  });

  test('survives JSON', () => {
    const { store } = newHost();
    expect(JSON.parse(JSON.stringify(store))).toEqual(store);
  });

  test('holds what was written last, as a plain map does', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((p) => `/${p.join('/')}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(path, fc.option(fc.string({ maxLength: 3 })))), (steps) => {
        let store = EMPTY_TREE;
        const map = new Map<string, string>();
        for (const [at, value] of steps) {
          if (value === null) {
            store = storeRemove(store, at);
            for (const key of [...map.keys()]) if (key === at || key.startsWith(`${at}/`)) map.delete(key);
            continue;
          }
          store = storeWrite(store, at, value);
          const parts = at.split('/').slice(1);
          for (let n = 1; n < parts.length; n += 1) {
            const above = `/${parts.slice(0, n).join('/')}`;
            if (!map.has(above)) map.set(above, '');
          }
          map.set(at, value);
        }
        for (const [at, value] of map) expect(storeRead(store, at)).toBe(value);
        for (const [at] of steps) expect(storeRead(store, at)).toBe(map.get(at));
      }),
    );
  });
});

describe('a fresh domain', () => {
  const { store } = newHost();

  test('has a frontend for each device, with its backend waiting', () => {
    expect(storeList(store, 'device')).toEqual(['vbd', 'vif', 'vkbd']);
    expect(storeList(store, 'device/vbd')).toEqual(['768', '5632']);
    expect(storeRead(store, 'device/vbd/768/backend')).toBe(BACKEND);
    expect(storeRead(store, 'device/vbd/768/backend-id')).toBe('0');
    expect(storeRead(store, 'device/vbd/768/device-type')).toBe('disk');
    expect(storeRead(store, 'device/vbd/5632/device-type')).toBe('cdrom');
    expect(storeRead(store, 'device/vif/0/mac')).toBe('00:16:3e:00:00:01');
    expect(storeRead(store, `${BACKEND}/state`)).toBe('2');
    expect(storeRead(store, `${BACKEND}/frontend`)).toBe('/local/domain/1/device/vbd/768');
  });

  test('has no directory of a kind that it has no device of', () => {
    expect(storeList(newHost({ nics: [], keyboard: false }).store, 'device')).toEqual(['vbd']);
  });
});

describe('a backend', () => {
  const RING = { 'ring-ref': '40', 'event-channel': '9', protocol: 'x86_64-abi' };
  const ready = writeNodes(
    newHost().store,
    Object.fromEntries(Object.entries(RING).map(([name, value]) => [`device/vbd/768/${name}`, value])),
  );
  const state = (value: string, store = ready) => storeWrite(store, 'device/vbd/768/state', value);
  const backend = (store: ReturnType<typeof state>) => readNode(store, `${BACKEND}/state`);

  test('connects once its frontend has written the ring', () => {
    expect(backend(state('3'))).toBe('4');
    expect(backend(state('4', state('3')))).toBe('4');
  });

  test('closes with its frontend, and begins again with it', () => {
    const connected = state('4', state('3'));
    const closing = state('5', connected);
    const closed = state('6', closing);
    expect([closing, closed, state('1', closed)].map(backend)).toEqual(['5', '6', '2']);
    expect(backend(state('3', state('1', closed)))).toBe('4');
  });

  test('does nothing about other keys, nor about frontends that name none', () => {
    const { store } = newHost();
    expect(backend(storeWrite(store, 'device/vbd/768/ring-ref', '8'))).toBe('2');
    expect(storeWrite(store, 'device/vbd/832/state', '3')).toEqual(
      writeNode(store, '/local/domain/1/device/vbd/832/state', '3'),
    );
  });
});

describe('watches', () => {
  const watches = ['device/vbd', 'device/vbd/768/state', 'control', '/'].map((path) => ({ path, token: path }));
  const tokens = (path: string, how: 'written' | 'removed' = 'written') =>
    firedWatches(watches, path, how).map(({ token }) => token);

  test('fire for the node and for what is below it', () => {
    expect(tokens('device/vbd/768/state')).toEqual(['device/vbd', 'device/vbd/768/state', '/']);
    expect(tokens('device/vbdx')).toEqual(['/']);
    expect(tokens('device')).toEqual(['/']);
  });

  test('fire for what goes with a node that is removed', () => {
    expect(tokens('device', 'removed')).toEqual(['device/vbd', 'device/vbd/768/state', '/']);
  });
});

describe('a transaction', () => {
  const store = storeWrite(EMPTY_TREE, '/a', '1');

  test('shows its changes when it ends, and to itself before', () => {
    const changed = removeInTransaction(writeInTransaction(beginTransaction(store), '/b', '2'), '/a');
    expect(readInTransaction(changed, '/b')[0]).toBe('2');
    const after = endTransaction(changed, store);
    expect(after && storeList(after, '/')).toEqual(['b']);
    expect(storeRead(store, '/b')).toBeUndefined();
  });

  test('has to be tried again when what it read was changed by someone else', () => {
    const [value, read] = readInTransaction(beginTransaction(store), '/a');
    const changed = writeInTransaction(read, '/b', `${value}`);
    expect(endTransaction(changed, storeWrite(store, '/a', '2'))).toBeUndefined();
    const other = endTransaction(changed, storeWrite(store, '/c', '3'));
    expect(other && storeList(other, '/')).toEqual(['a', 'c', 'b']);
  });
});
