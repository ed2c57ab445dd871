import { firstTarget, type RuleContext, type RuleFinding, type RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

/** Where audio processing objects are registered. */
const OBJECTS = 'audioengine\\audioprocessingobjects';

const under = (subkey: string, parent: string): boolean => subkey === parent || subkey.startsWith(`${parent}\\`);

const registrations = (context: RuleContext): Found => {
  const isObjectClass = context.model.version.class.toLowerCase() === 'audioprocessingobject';
  return context.of('add-reg').flatMap((role) =>
    role.section.lines.flatMap(({ fields, line, raw }): Found => {
      const [root = '', subkey = ''] = fields;
      const key = subkey.toLowerCase();
      const at = { line, section: role.section.name, token: raw[1] ?? '', ...firstTarget(role) };
      const isObject = under(key, OBJECTS);
      if (root.toUpperCase() === 'HKCR' && (isObject || under(key, 'clsid'))) {
        return [{ code: 2660, message: `The key HKCR\\${subkey} must be under HKR.`, ...at }];
      }
      if (root.toUpperCase() !== 'HKR' || !isObject || isObjectClass) return [];
      const message = `Only an INF of class AudioProcessingObject may write to ${subkey}.`;
      return [{ code: 2661, message, ...at }];
    }),
  );
};

/** Rules about audio processing objects. */
export const audioRules: RuleGroup = (context) => registrations(context);
