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

const FRONTEND = /^\/local\/domain\/1\/device\/[a-z]+\/\d+\/state$/;

/** What a backend of Linux or of QEMU does when its frontend changes state; undefined: it waits. */
const answerOf = (frontend: string | undefined, backend: string | undefined): string | undefined => {
  switch (frontend) {
    case XenbusState.initialising:
      // A frontend that begins again finds a backend that does so too.
      return backend === XenbusState.connected ? undefined : XenbusState.initWait;
    case XenbusState.initialised:
    case XenbusState.connected:
      return backend === XenbusState.initWait ? XenbusState.connected : undefined;
    case XenbusState.closing:
      return XenbusState.closing;
    case undefined:
    case XenbusState.closed:
      return XenbusState.closed;
    default:
      return undefined;
  }
};

/** The backends' answer to what a guest wrote: those of this host are always willing, up to the point of connecting. */
export const answerGuest = (store: StoreTree, path: string, owned: OwnNodes = new WeakSet()): StoreTree => {
  if (!path.endsWith('state')) return store;
  const written = domainPath(path);
  if (!written.endsWith('/state') || !FRONTEND.test(written)) return store;
  const backend = readNode(store, `${written.slice(0, -'/state'.length)}/backend`);
  if (backend === undefined) return store;
  const answer = answerOf(readNode(store, written), readNode(store, `${backend}/state`));
  return answer === undefined ? store : writeNode(store, `${backend}/state`, answer, owned);
};
