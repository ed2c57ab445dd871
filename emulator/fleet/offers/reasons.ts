/** Why a label is not offered, or what is to be known of an offer: the first step that keeps it (spec windows-update 8). */
export const FLEET_REASONS = {
  'no-device': 'No device of the machine has an id of the label.',
  'in-approval': 'Microsoft has not approved the label yet.',
  'before-go-live': 'The label goes live later.',
  paused: 'The roll-out is paused.',
  stopped: 'The roll-out was stopped.',
  expired: 'The label has expired.',
  throttled: 'The roll-out has not reached this machine.',
  'before-finalize': 'Windows before 1709 is offered a label when its roll-out is over.',
  'other-destination': 'The label does not go to Windows Update.',
  'not-for-retail': 'What is signed by attestation is not offered outside a test audience.',
  'test-signed': 'What is signed for tests is offered to nobody.',
  'other-audience': 'The machine is not in the audience of the label.',
  's-mode': 'The label is not for Windows in S mode.',
  'drivers-excluded': 'A policy keeps drivers of Windows Update from the machine.',
  'not-in-wsus': 'The label is not disclosed, so that no WSUS has it.',
  'below-floor': 'The Windows is earlier than the floor of the label.',
  'unknown-release': 'The label names a Windows that winpv does not know.',
  'above-ceiling': 'The Windows is later than the ceiling of the label.',
  'other-chids': 'The machine has none of the computer ids of the label.',
  'worse-chid': 'Before 1709 another label fits the computer more closely.',
  'other-architecture': 'The label has rows of other processors only.',
  'other-family': 'The label has rows of servers or of clients only, and the machine is the other.',
  'later-windows': 'The label begins with a later Windows.',
  'earlier-windows': 'Rows of a Windows before 10 do not reach Windows 10.',
  'no-models': 'The INF has nothing for this Windows.',
  'id-not-in-inf': 'The INF does not have the id of the row.',
  'wrong-channel': 'Labels of this kind do not come by this channel.',
  'has-driver': 'The device has a driver, and the label is for devices without one.',
  'automatic-first': 'An automatic label is offered instead.',
  'same-driver': 'The device has this driver already.',
  'worse-rank': 'The driver that the device has fits better.',
  'older-date': 'The driver that the device has is newer.',
  'lower-version': 'The driver that the device has is of a higher version.',
  beaten: 'Another label fits better.',
  'same-package': 'Another label brings the same package.',
  tie: 'Two labels fit equally well: which one comes cannot be told.',
  downgrade: 'It fits better and replaces a driver of a higher version.',
  inbox: 'A driver that comes with Windows serves the device.',
  orphaned: 'An offered bus makes devices that this driver does not fit.',
} as const;
export type FleetReasonCode = keyof typeof FLEET_REASONS;

export interface FleetReason {
  /** Null for the machine as a whole. */
  readonly device: string | null;
  /** Null when it is about no label. */
  readonly label: string | null;
  readonly code: FleetReasonCode;
  readonly message: string;
}
