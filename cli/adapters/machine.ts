import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock, KeyMaker, Random, Timer } from '../../core/ports.ts';

export const systemClock: Clock = { now: () => Date.now() };

export const systemTimer: Timer = {
  wait: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    }),
};

export const systemRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };

const generate = promisify(generateKeyPair);

export const systemKeyMaker: KeyMaker = {
  async rsa(modulusBits) {
    const { privateKey } = await generate('rsa', { modulusLength: modulusBits, publicExponent: 0x10001 });
    return new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
  },
};
