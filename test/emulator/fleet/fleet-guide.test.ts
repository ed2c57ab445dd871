import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smbiosSchema } from '../../../emulator/fleet/machines/chids.ts';
import { CHANNELS } from '../../../emulator/fleet/offers/channels.ts';
import { INBOX_REQUIREMENTS } from '../../../emulator/fleet/offers/inbox-readiness.ts';
import { FLEET_REASONS } from '../../../emulator/fleet/offers/reasons.ts';
import { VERDICTS } from '../../../emulator/fleet/totals.ts';
import { projectRoot } from '../../support/outside.ts';

const guide = readFileSync(join(projectRoot, 'docs/guide/fleet.md'), 'utf8');

test('the guide names every reason, outcome, channel, requirement and field of SMBIOS', () => {
  const names = [
    ...[...Object.keys(FLEET_REASONS), ...VERDICTS, ...CHANNELS],
    ...[...Object.keys(INBOX_REQUIREMENTS), ...Object.keys(smbiosSchema.shape)],
  ];
  expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});
