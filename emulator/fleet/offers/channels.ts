import type { FleetLabel } from '../label.ts';
import { type MachineWindows, ServiceBuild } from '../machines/windows-release.ts';
import type { Verdict } from './candidates.ts';

/** How a machine comes to ask (spec windows-update 2). `any`: whatever brings something, automatic ways first. */
export const CHANNELS = ['any', 'scan', 'plug-in', 'upgrade', 'device-manager', 'optional'] as const;
export type Channel = (typeof CHANNELS)[number];

/** How an offer reaches people: by itself, when somebody takes it, or with an upgrade of Windows. */
export type OfferChannel = 'automatic' | 'optional' | 'upgrade';

export interface ChannelQuestion {
  readonly channel: Channel;
  readonly windows: MachineWindows;
  /** Nobody but Windows itself serves the device. */
  readonly genericOrMissing: boolean;
}

export const isSince2004 = ({ major, build }: MachineWindows): boolean =>
  major >= 10 && build >= ServiceBuild.version2004;

const no = (label: FleetLabel, message: string): { readonly kept: Verdict } => ({
  kept: { code: 'wrong-channel', message: `${KINDS[label.class]}: ${message}` },
});
const KINDS = {
  automatic: 'An automatic label',
  'during-upgrade': 'A label for upgrades',
  optional: 'An optional label',
} as const;

export type ChannelAnswer =
  | { readonly kept: Verdict }
  | { readonly by: OfferChannel; readonly onlyWithoutAutomatic: boolean };

const by = (channel: OfferChannel, onlyWithoutAutomatic = false): ChannelAnswer => ({
  by: channel,
  onlyWithoutAutomatic,
});

const hasDriver: ChannelAnswer = {
  kept: { code: 'has-driver', message: 'The device has a driver that is not generic, and this comes for others only.' },
};

/** By itself: a daily scan, or a device that is plugged in. */
const byItself = (label: FleetLabel, question: ChannelQuestion): ChannelAnswer => {
  const { channel, windows, genericOrMissing } = question;
  if (label.class === 'automatic') {
    return channel === 'plug-in' && !genericOrMissing ? hasDriver : by('automatic');
  }
  if (label.class === 'during-upgrade') return no(label, 'it comes with an upgrade, or when somebody takes it.');
  if (isSince2004(windows))
    return no(label, 'since Windows 10 2004 somebody has to take it from the optional updates.');
  return genericOrMissing ? by('automatic', true) : hasDriver;
};

/** When a person asks. */
const byHand = (label: FleetLabel, { channel, windows }: ChannelQuestion): ChannelAnswer => {
  const recent = isSince2004(windows);
  if (channel === 'device-manager')
    return recent ? no(label, 'since Windows 10 2004 Device Manager looks on the machine only.') : by('optional');
  if (label.class === 'automatic') return no(label, 'it is not among the optional updates.');
  return recent || label.class === 'during-upgrade'
    ? by('optional')
    : no(label, 'before Windows 10 2004 there is no page of optional updates.');
};

const byUpgrade = (label: FleetLabel): ChannelAnswer =>
  label.duringUpgrade ? by('upgrade') : no(label, 'it is not taken during an upgrade of Windows.');

/** Whether a channel brings a label to a device, and how (the document's summary table). */
export const channelFor = (label: FleetLabel, question: ChannelQuestion): ChannelAnswer => {
  switch (question.channel) {
    case 'scan':
    case 'plug-in':
      return byItself(label, question);
    case 'device-manager':
    case 'optional':
      return byHand(label, question);
    case 'upgrade':
      return byUpgrade(label);
    case 'any': {
      const first = byItself(label, { ...question, channel: 'scan' });
      if ('by' in first) return first;
      return byHand(label, { ...question, channel: isSince2004(question.windows) ? 'optional' : 'device-manager' });
    }
  }
};
