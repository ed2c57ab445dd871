import { describe, expect, test } from 'vitest';
import { nextShipRoomDay, shipRoomClosed } from '../../../../emulator/cloud/windows-update/ship-room.ts';

const at = (day: string): number => Date.parse(`${day}T09:30:00Z`);

/** Worked by hand from the calendar: spec windows-update 5, driver-release-cadence.md. */
describe('the ship room', () => {
  test.each([
    // second Tuesdays: 2026-11-10, 2026-12-08, 2027-01-12, 2024-10-08
    ['2026-11-09', 'beside the monthly updates of 2026-11-10'],
    ['2026-11-10', 'beside the monthly updates of 2026-11-10'],
    ['2026-11-11', 'beside the monthly updates of 2026-11-10'],
    ['2026-12-07', 'beside the monthly updates of 2026-12-08'],
    ['2027-01-13', 'beside the monthly updates of 2027-01-12'],
    ['2026-09-07', 'beside the monthly updates of 2026-09-08'],
    ['2026-11-14', 'a weekend'],
    ['2026-11-15', 'a weekend'],
    // the fourth Thursday of November 2026, and the day after it
    ['2026-11-26', 'Thanksgiving'],
    ['2026-11-27', 'the day after Thanksgiving'],
    // the fifth of November 2025 on a Saturday makes the fourth Thursday the 27th
    ['2025-11-27', 'Thanksgiving'],
    ['2026-05-25', 'Memorial Day'],
    ['2025-09-01', 'Labor Day'],
    ['2026-01-19', 'Martin Luther King Day'],
    ['2026-02-16', "Presidents' Day"],
    // 2026-07-04 is a Saturday, 2027-07-04 a Sunday, 2028-01-01 a Saturday
    ['2026-07-03', 'Independence Day'],
    ['2027-07-05', 'Independence Day'],
    ['2025-06-19', 'Juneteenth'],
    // published: 2024-12-14 to 2025-01-01, 2025-12-18 to 2026-01-01
    ['2024-12-16', 'the winter moratorium'],
    ['2025-01-01', 'the winter moratorium'],
    ['2025-12-18', 'the winter moratorium'],
    ['2025-12-25', 'the winter moratorium'],
    ['2026-01-01', 'the winter moratorium'],
    // two days either side of 2024-10-01 and 2025-09-30
    ['2024-10-03', 'beside the roll-out of Windows 11 24H2'],
    ['2025-10-02', 'beside the roll-out of Windows 11 25H2'],
  ])('releases nothing on %s: %s', (day, why) => {
    expect(shipRoomClosed(at(day))).toBe(why);
  });

  test.each([
    '2026-11-12',
    '2026-11-24',
    '2026-11-30',
    '2024-12-13',
    '2025-01-02',
    '2025-12-17',
    '2026-01-02',
    '2025-10-03',
    '2026-07-06',
  ])('releases on %s', (day) => {
    expect(shipRoomClosed(at(day))).toBeUndefined();
  });

  test.each([
    ['2026-11-12', '2026-11-12T09:30:00.000Z'],
    // Thursday and Friday are holidays, then a weekend
    ['2026-11-26', '2026-11-30T00:00:00.000Z'],
    // Saturday, Sunday, then the three days around the second Tuesday
    ['2026-11-07', '2026-11-12T00:00:00.000Z'],
    ['2025-12-18', '2026-01-02T00:00:00.000Z'],
  ])('after %s next releases at %s', (day, next) => {
    expect(new Date(nextShipRoomDay(at(day))).toISOString()).toBe(next);
  });
});
