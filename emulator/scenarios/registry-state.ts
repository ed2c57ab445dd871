import type { Finding } from './contract.ts';
import type { Checkpoint } from './run.ts';
import { finding } from './transcript.ts';

/** F21: a filter that is in its list twice. */
export const filterFindings = ({ survey }: Checkpoint): readonly Finding[] =>
  survey.classFilters.flatMap(({ classGuid, list, names }) => {
    const lower = names.map((name) => name.toLowerCase());
    const twice = lower.find((name, index) => lower.indexOf(name) !== index);
    if (twice === undefined) return [];
    const message = `${list} of the class ${classGuid} names ${twice} twice.`;
    return [
      finding('EMULATOR_REGISTRY', 'warning', {
        failureMode: 'F21',
        message,
        hint: 'Append a filter by flags 0x00010008, which adds a name once.',
      }),
    ];
  });
