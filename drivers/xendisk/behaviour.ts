import {
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import { speaksCommonUnmap } from '../xenvbd/unmap-list.ts';
import { answerControl } from './controls.ts';

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const adapter = machine.loaded(device.service ?? '');
  if (adapter?.model.image === 'xenvbd' && speaksCommonUnmap(driver.model) !== speaksCommonUnmap(adapter.model)) {
    const message = 'xendisk and xenvbd are of builds that write UNMAP in two ways: TRIM fails or damages data.';
    machine.note({ kind: 'xen.warning', module: 'xendisk', message });
  }
  return OK;
};

/** The upper filter of the adapter. It changes no list of devices: it answers questions about TRIM on each disk. */
export const xendisk: DriverBehaviour = { image: 'xendisk', start, control: answerControl };
