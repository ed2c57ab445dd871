import { type DriverBehaviour, OK } from '../behaviour.ts';

/** The crash dump library. In the normal stack it only has to be there for xenvbd's imports (spec xen-pv 6). */
export const xencrsh: DriverBehaviour = { image: 'xencrsh', load: () => OK };
