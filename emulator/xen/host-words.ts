import type { DriverNote } from '../../drivers/behaviour.ts';
import type { HostEvent } from './host-events.ts';

/** What a host did to a domain, as people say it. */
export const hostEventWords = (event: HostEvent): string => {
  switch (event.kind) {
    case 'domain.migrate':
      return `moved the running machine${event.change === undefined ? '' : ' to another host'}`;
    case 'disk.plug':
      return `gave it disk ${event.disk.vbd}`;
    case 'disk.resize':
      return `changed the size of disk ${event.vbd}`;
    case 'disk.eject':
      return event.pulled === true ? `took disk ${event.vbd} away` : `asked for disk ${event.vbd} back`;
    case 'nic.plug':
      return `gave it network card ${event.nic.vif}`;
    case 'nic.unplug':
      return `took network card ${event.vif} away`;
    case 'store.write':
      return event.value === undefined ? `removed ${event.path} from xenstore` : `wrote ${event.path} to xenstore`;
  }
};

/** What drivers said of their host, as people say it; undefined for what is not about hosts. */
export const hostNoteWords = (note: DriverNote): string | undefined => {
  switch (note.kind) {
    case 'xen.resumed':
      return `the machine goes on; ${note.mask === 0 ? 'nothing is' : 'emulated devices are'} unplugged again`;
    case 'xen.not-connected':
      return `${note.device} is not connected: ${note.reason}`;
    case 'xen.ejected':
      return note.asked ? `${note.device} is given back to the host` : `the host took ${note.device} away`;
    case 'xen.eject-refused':
      return `${note.device} is not given back: ${note.because}`;
    case 'xen.resized':
      return `${note.device} has ${note.sectors} sectors now`;
    default:
      return undefined;
  }
};
