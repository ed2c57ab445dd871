import type { DeviceView, Machine } from '../behaviour.ts';

const CONTROL = 'SYSTEM\\CurrentControlSet';

/** Below it, what binds a device to its connection, and so to its addresses. */
const IDENTITY = 'NetCfgInstanceId';

const softwareKey = (machine: Machine, { path }: DeviceView): string | undefined => {
  const driver = machine.value(`${CONTROL}\\Enum\\${path}`, 'Driver');
  return typeof driver === 'string' ? `${CONTROL}\\Control\\Class\\${driver}` : undefined;
};

/**
 * A card that has to wait takes over the identity of the emulated one of the same address: when it starts after the restart, it
 * has the connection of that one, with its name and its addresses (win-xenvif `src/xenvif/settings.c`, SettingsStealIdentity).
 * Builds before that copied the addresses themselves, which comes to the same.
 */
export const takeIdentity = (machine: Machine, card: DeviceView, emulated: DeviceView): void => {
  const [own, other] = [card, emulated].map((one) => softwareKey(machine, one));
  const identity = other === undefined ? undefined : machine.value(other, IDENTITY);
  if (own !== undefined && typeof identity === 'string') machine.setValue(own, IDENTITY, 'REG_SZ', identity);
};
