import { type BackendFeatures, backendFeatures, isBackendKind } from './backend-kinds.ts';
import { blockFault, netFault } from './frontend-keys.ts';
import { domainPath, type OwnNodes, readNode, type StoreTree, writeNode } from './tree.ts';

/** States of a frontend and of its backend (spec xen-pv 4.3). */
export const XenbusState = {
  initialising: '1',
  initWait: '2',
  initialised: '3',
  connected: '4',
  closing: '5',
  closed: '6',
} as const;

const FRONTEND = /^\/local\/domain\/1\/device\/([a-z]+)\/(\d+)\/state$/;

/** A backend at work: where the two ends are, and what it is. */
interface Pair {
  readonly store: StoreTree;
  readonly type: string;
  readonly front: string;
  readonly back: string;
  readonly kind: BackendFeatures;
  readonly refuses: 'always' | 'again' | undefined;
}

/** What keeps a backend from connecting with what the frontend wrote. */
const faultOf = ({ store, type, front, back, kind }: Pair): string | undefined => {
  const read = (name: string): string | undefined => readNode(store, `${front}/${name}`);
  if (type === 'vbd') return blockFault(read, readNode(store, `${back}/sector-size`), kind);
  return type === 'vif' ? netFault(read, kind) : undefined;
};

/** The frontend is ready: one that cannot be connected is told so by closing, one that nobody serves waits. */
const connecting = (pair: Pair, state: string | undefined): string | undefined => {
  if (state !== XenbusState.initWait || pair.refuses === 'always') return undefined;
  return faultOf(pair) === undefined ? XenbusState.connected : XenbusState.closing;
};

/** What a backend of Linux or of QEMU does when its frontend changes state; undefined: it waits. */
const answerOf = (pair: Pair): string | undefined => {
  const frontend = readNode(pair.store, `${pair.front}/state`);
  const state = readNode(pair.store, `${pair.back}/state`);
  switch (frontend) {
    case XenbusState.initialising:
      return state === XenbusState.closed && pair.refuses === undefined ? XenbusState.initWait : undefined;
    case XenbusState.initialised:
    case XenbusState.connected:
      return connecting(pair, state);
    case XenbusState.closing:
      return XenbusState.closing;
    case undefined:
    case XenbusState.closed:
      return XenbusState.closed;
    default:
      return undefined;
  }
};

/** What the host's tools noted: kind, and whether it is unwilling. */
const noted = (store: StoreTree, type: string, id: string): Pick<Pair, 'kind' | 'refuses'> => {
  const [name = '', unwilling] = (readNode(store, `/tool/backends/${type}/${id}`) ?? '').split(' ');
  return {
    kind: backendFeatures(isBackendKind(name) ? name : undefined),
    refuses: unwilling === 'always' || unwilling === 'again' ? unwilling : undefined,
  };
};

/** The backends' answer to what a guest wrote or removed. */
export const answerGuest = (store: StoreTree, path: string, owned: OwnNodes = new WeakSet()): StoreTree => {
  if (!path.endsWith('state')) return store;
  const [written, type, id] = FRONTEND.exec(domainPath(path)) ?? [];
  if (written === undefined || type === undefined || id === undefined) return store;
  const front = written.slice(0, -'/state'.length);
  const back = readNode(store, `${front}/backend`);
  // A path that leads nowhere: nobody is there to answer.
  if (back === undefined || readNode(store, `${back}/state`) === undefined) return store;
  const answer = answerOf({ store, type, front, back, ...noted(store, type, id) });
  return answer === undefined ? store : writeNode(store, `${back}/state`, answer, owned);
};
