import { ENUM } from '../guest/machine.ts';

/** The key of a bus's devices. */
export const enumPathOf = (bus: string): string => `${ENUM}\\${bus}`;
