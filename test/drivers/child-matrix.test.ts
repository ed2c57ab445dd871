import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import type { VersionRange } from '../../drivers/model.ts';
import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import { type BusState, type ChildNeed, cellOf } from '../../drivers/revision-register.ts';
import { xenbusChild } from '../support/children.ts';
import { testDriver, testMachine } from '../support/machine.ts';

const BUS_OF: Readonly<Record<string, BusState['table']['bus']>> = {
  ...{ xenvbd: 'xenbus', xenvif: 'xenbus', xeniface: 'xenbus', xenvkbd: 'xenbus', xencons: 'xenbus' },
  ...{ xennet: 'xenvif', xenhid: 'xenvkbd' },
};

interface Cell {
  readonly bus: BusState;
  readonly need: ChildNeed;
}

/** Every release of a child on every release of its bus that lists what it binds. */
const cells: readonly Cell[] = CHILD_NEEDS.flatMap((need) =>
  BUS_STATES.filter(({ table }) => table.bus === BUS_OF[need.driver]).map((bus) => ({ bus, need })),
);

const ranges = ({ provides }: BusState): Record<string, VersionRange> => Object.fromEntries(provides);

/** What a run of the child's start comes to, and whether it says that nothing can be told. */
const run = ({ bus, need }: Cell): { readonly outcome: Outcome | undefined; readonly undecided: boolean } => {
  const provides = ranges(bus);
  const parent = testDriver(bus.table.bus, { provides });
  const driver = testDriver(need.driver, { needs: Object.fromEntries(need.interfaces) });
  const device = xenbusChild('X', need.driver);
  const machine = testMachine({
    provides,
    devices: [{ ...xenbusChild('PARENT', parent.service), path: device.parent ?? '', parent: undefined }, device],
    loaded: [parent, driver],
  });
  const outcome = behaviourOf(need.driver)?.start?.(driver, device, machine);
  return { outcome, undecided: machine.notes.some(({ kind }) => kind === 'xen.undecided') };
};

const letter = (cell: Cell): string => {
  const { outcome, undecided } = run(cell);
  if (undecided) return '?';
  if (outcome?.ok) return 'O';
  return outcome?.failure.kind === 'interface' ? 'F' : `${outcome?.failure.kind}`;
};

describe('a child of one release on the bus of another (spec xen-pv 2.6)', () => {
  test.each(Object.keys(BUS_OF))('%s starts, fails, or cannot be told, as the register says', (driver) => {
    const own = cells.filter(({ need }) => need.driver === driver);
    const matched = own.filter(({ bus, need }) => !'NX'.includes(cellOf(bus, need)));
    expect(matched.length).toBeGreaterThan(0);
    const name = ({ bus, need }: Cell) => `${need.commits[0]} on ${bus.commits[0]}`;
    expect(matched.map((cell) => [name(cell), letter(cell)])).toEqual(
      matched.map((cell) => [name(cell), cellOf(cell.bus, cell.need)]),
    );
  });

  test('the refused interface is one that the register finds unanswered', () => {
    const failing = cells.filter(({ bus, need }) => cellOf(bus, need) === 'F');
    expect(failing.length).toBeGreaterThan(10);
    for (const cell of failing) {
      const { outcome } = run(cell);
      const failure = outcome?.ok === false && outcome.failure.kind === 'interface' ? outcome.failure : undefined;
      const range = failure === undefined ? undefined : cell.bus.provides.get(failure.name);
      expect(failure?.range).toEqual(range);
      expect(failure?.wanted).toBe(cell.need.interfaces.get(failure?.name ?? '')?.version);
    }
  });

  test('a range that reaches further turns a failure into a start', () => {
    const cell = cells.find(({ bus, need }) => cellOf(bus, need) === 'F');
    if (cell === undefined) throw new Error('nothing fails');
    const provides = new Map([...cell.bus.provides].map(([name]) => [name, [1, 99]] as const));
    expect(letter(cell)).toBe('F');
    expect(letter({ ...cell, bus: { ...cell.bus, provides } })).toBe('O');
  });
});
