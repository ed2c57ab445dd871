import {
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';

/** 34f858c: before it, xendisk and xenvbd had an UNMAP of their own (spec xen-pv 5). */
const COMMON_UNMAP_SINCE = '2016-01-01';

const speaksCommonUnmap = ({ model }: LoadedDriver): boolean => model.built >= COMMON_UNMAP_SINCE;

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const adapter = machine.loaded(device.service ?? '');
  if (adapter?.model.image === 'xenvbd' && speaksCommonUnmap(driver) !== speaksCommonUnmap(adapter)) {
    const message = 'xendisk and xenvbd are of builds that write UNMAP in two ways: TRIM fails or damages data.';
    machine.note({ kind: 'xen.warning', module: 'xendisk', message });
  }
  return OK;
};

/** The upper filter of the adapter. It changes no list of devices: it answers questions about TRIM on each disk. */
export const xendisk: DriverBehaviour = { image: 'xendisk', start };
