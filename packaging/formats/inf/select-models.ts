import type { InfDevice, InfManufacturer, InfModel } from './model.ts';
import { chooseTargetOs, type WindowsTarget } from './target-os.ts';

/** The Models section that one line of [Manufacturer] gives a Windows. */
export interface ModelsChoice {
  readonly manufacturer: InfManufacturer;
  /** The decoration chosen; empty for the undecorated section. */
  readonly os: string;
  /** Never empty: an empty or missing section excludes the Windows. */
  readonly devices: readonly InfDevice[];
}

/**
 * The Models sections that a Windows uses, one at most for each line of [Manufacturer] (spec inf.md section 7). There is
 * no fall-back to a second-best decoration when the section of the best is empty.
 */
export const selectModels = (model: InfModel, target: WindowsTarget): readonly ModelsChoice[] => {
  const byLine = new Map<number, InfDevice[]>();
  for (const device of model.devices) {
    const own = byLine.get(device.manufacturerLine);
    if (own === undefined) byLine.set(device.manufacturerLine, [device]);
    else own.push(device);
  }
  return model.manufacturers.flatMap((manufacturer) => {
    const chosen = chooseTargetOs(manufacturer.targets, target);
    if (chosen === undefined) return [];
    const os = chosen === 'none' ? '' : chosen.text;
    const own = byLine.get(manufacturer.line) ?? [];
    const devices = own.filter((device) => device.os.toLowerCase() === os.toLowerCase());
    return devices.length === 0 ? [] : [{ manufacturer, os, devices }];
  });
};
