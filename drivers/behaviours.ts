import type { DriverBehaviour } from './behaviour.ts';
import { xen } from './xenbus/xen-behaviour.ts';
import { xenbus } from './xenbus/xenbus-behaviour.ts';
import { xenbusMonitor } from './xenbus/xenbus-monitor-behaviour.ts';
import { xenfilt } from './xenbus/xenfilt-behaviour.ts';
import { xencons, xenconsMonitor } from './xencons/behaviour.ts';
import { xencrsh } from './xencrsh/behaviour.ts';
import { xendisk } from './xendisk/behaviour.ts';
import { xenhid } from './xenhid/behaviour.ts';
import { xenagent, xeniface } from './xeniface/behaviour.ts';
import { xennet } from './xennet/behaviour.ts';
import { xenvbd } from './xenvbd/behaviour.ts';
import { xenvif } from './xenvif/behaviour.ts';
import { xenvkbd } from './xenvkbd/behaviour.ts';

const BEHAVIOURS: ReadonlyMap<string, DriverBehaviour> = new Map(
  [
    ...[xen, xenbus, xenfilt, xenbusMonitor],
    ...[xenvbd, xendisk, xencrsh],
    ...[xenvif, xennet, xeniface, xenagent],
    ...[xenvkbd, xenhid, xencons, xenconsMonitor],
  ].map((behaviour) => [behaviour.image, behaviour]),
);

/** What an image of the family does in a guest; undefined for one that nothing is known of. */
export const behaviourOf = (image: string): DriverBehaviour | undefined => BEHAVIOURS.get(image.toLowerCase());
