import type { Diagnostic } from '../../../../core/errors.ts';
import { isCopied } from '../installed-names.ts';
import type { InfService, RegistryWrite } from '../model.ts';
import { REGISTRY_FLAGS } from '../registry.ts';
import { allWrites, keyOf, type PvFacts, type PvInstall, pvProblem, serviceOf, textsOf } from './facts.ts';
import { binaryOf } from './files.ts';
import { markLost } from './unplug.ts';

/** Filters of classes and devices: what they name must be there (spec xen-pv 1.6, 5). */
export const checkFilters = (facts: PvFacts): readonly Diagnostic[] => {
  const found = new Map<string, Diagnostic>();
  for (const install of facts.installs) {
    const classFilters = filterWrites(install).filter((write) => CLASS_KEY.test(keyOf(write)));
    for (const diagnostic of [
      ...classFilters.flatMap((write) => checkClassFilter(facts, install, write)),
      ...checkBusFilter(facts, install),
      ...checkClasses(facts, install, classFilters),
      ...checkDeviceFilters(facts, install),
    ]) {
      const key = `${diagnostic.code} ${diagnostic.at?.line} ${diagnostic.message}`;
      if (!found.has(key)) found.set(key, diagnostic);
    }
  }
  return [...found.values()];
};

const CLASS_KEY = /^hklm\\system\\currentcontrolset\\control\\class\\\{[0-9a-f-]{36}\}$/;
const SYSTEM_CLASS = '{4d36e97d-e325-11ce-bfc1-08002be10318}';
const HDC_CLASS = '{4d36e96a-e325-11ce-bfc1-08002be10318}';
const FILTER = 'xenfilt';

const filterWrites = (install: PvInstall): readonly RegistryWrite[] =>
  allWrites(install).filter(({ name }) => /^(upper|lower)filters$/i.test(name));

const namesFilter = (write: RegistryWrite, filter: string): boolean =>
  textsOf(write).some((text) => text.toLowerCase() === filter);

const KERNEL_DRIVER = 1;
const BOOT_START = 0;

/** What is wrong with the service of a filter of boot devices; undefined when nothing is. */
const serviceFault = (install: PvInstall, name: string): { text: string; service?: InfService } | undefined => {
  const service = serviceOf(install, name);
  if (service === undefined) return { text: `the INF adds no service "${name}"` };
  const binary = binaryOf(service);
  if (binary === undefined || !isCopied(install, binary))
    return { text: `the INF does not copy its binary ${service.binary}`, service };
  if (service.serviceType !== KERNEL_DRIVER) return { text: 'its service is not a kernel driver', service };
  if (service.startType !== BOOT_START) return { text: 'its service does not start at boot', service };
  return undefined;
};

/** F19 and F20: a class filter without its driver stops every device of the class. */
const checkClassFilter = (facts: PvFacts, install: PvInstall, write: RegistryWrite): readonly Diagnostic[] =>
  textsOf(write).flatMap((name) => {
    const fault = serviceFault(install, name);
    if (fault === undefined) return [];
    const own = name.toLowerCase() === FILTER;
    const code = own ? 'PV_FILTER_SERVICE' : 'PV_FILTER_FOREIGN';
    return pvProblem(facts, code, `The class filter "${name}" cannot load: ${fault.text}.`, {
      line: write.line,
      token: name,
      failureMode: own ? 'F19' : 'F20',
      hint: 'Add the service (kernel driver, boot start) and copy its file in the same install section, or take the filter out.',
    });
  });

/** F19: the bus driver registers its filter by itself, so service and file must be there whatever the INF writes. */
const checkBusFilter = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  if (facts.kind !== 'xenbus' || filterWrites(install).some((write) => namesFilter(write, FILTER))) return [];
  const fault = serviceFault(install, FILTER);
  if (fault === undefined) return [];
  const message = `The bus driver adds "${FILTER}" to the System and HDC classes, but it cannot load: ${fault.text}.`;
  return [
    pvProblem(facts, 'PV_FILTER_SERVICE', message, {
      line: fault.service?.line ?? serviceOf(install, 'xenbus')?.line,
      failureMode: 'F19',
      hint: `Add the service ${FILTER} (kernel driver, boot start) and copy ${FILTER}.sys in the same install section.`,
    }),
  ];
};

/** F21: the filter is appended to both classes, once, together with the order of the platform functions. */
const checkClasses = (
  facts: PvFacts,
  install: PvInstall,
  classFilters: readonly RegistryWrite[],
): readonly Diagnostic[] => {
  const own = classFilters.filter((write) => namesFilter(write, FILTER));
  const [first] = own;
  if (first === undefined) return [];
  const say = (line: number, message: string, hint: string, severity: 'error' | 'warning'): Diagnostic =>
    pvProblem(facts, 'PV_FILTER_APPEND', message, { line, token: 'Filters', failureMode: 'F21', hint, severity });
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const write of own) {
    const key = keyOf(write);
    if ((write.flags & REGISTRY_FLAGS.append) === 0) {
      const message = `The line replaces the whole ${write.name} of the class instead of appending "${FILTER}".`;
      found.push(say(write.line, message, 'Use the flags 0x00010008.', 'error'));
    }
    if (write.name.toLowerCase() !== 'upperfilters') {
      found.push(say(write.line, `"${FILTER}" is an upper filter.`, 'Write it to UpperFilters.', 'error'));
    }
    if (seen.has(key)) {
      found.push(say(write.line, `"${FILTER}" is added to this class twice.`, 'Take one of the lines out.', 'warning'));
    }
    if (markLost(facts, write.line)) {
      const message = 'The mark in the comment of this line has no value, so the line should be gone.';
      const hint = 'Render the template so that a line falls away with its token, or set forceActivate for the brand.';
      found.push(say(write.line, message, hint, 'error'));
    }
    seen.add(key);
  }
  const missing = [SYSTEM_CLASS, HDC_CLASS].find((guid) => ![...seen].some((key) => key.endsWith(guid)));
  if (missing !== undefined) {
    const message = `"${FILTER}" is not added to the ${missing === HDC_CLASS ? 'HDC' : 'System'} class, and to another it is.`;
    found.push(say(first.line, message, `Add it to both classes; here ${missing}.`, 'warning'));
  }
  if (!allWrites(install).some(isPrecedence)) {
    const message = `"${FILTER}" is active from the first start, but no Precedence says which platform function it prefers.`;
    found.push(say(first.line, message, 'Write Parameters\\Precedence of xenfilt too.', 'warning'));
  }
  return found;
};

const isPrecedence = (write: RegistryWrite): boolean => /^hkr\\parameters\\precedence$/.test(keyOf(write));

const isDeviceFilter = (write: RegistryWrite): boolean =>
  write.scope === 'hardware' && keyOf(write) === 'hkr' && /^(upper|lower)filters$/i.test(write.name);

/** F38, and the note of spec hlk 6.3: filters of the storage adapter. */
const checkDeviceFilters = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const filters = install.registry.filter(isDeviceFilter);
  const found = filters.flatMap((write) =>
    textsOf(write).flatMap((name) => {
      const fault = serviceFault(install, name);
      if (fault === undefined) return [];
      return pvProblem(facts, 'PV_FILTER_SERVICE', `The device filter "${name}" cannot load: ${fault.text}.`, {
        line: write.line,
        token: name,
        failureMode: facts.kind === 'xenvbd' ? 'F38' : 'F19',
        hint: 'Add its service (kernel driver, boot start) and copy its file in the same install section, or take the filter out.',
      });
    }),
  );
  found.push(...filters.flatMap((write) => namedTwice(facts, write)));
  if (facts.kind !== 'xenvbd') return found;
  const upper = filters.find(({ name }) => name.toLowerCase() === 'upperfilters');
  return [...found, ...(upper === undefined ? checkLeftover(facts, install) : [aboveStorport(facts, upper)])];
};

/** F21: each name of a list is a filter of its own, and two of one kind answer each request twice. */
const namedTwice = (facts: PvFacts, write: RegistryWrite): readonly Diagnostic[] => {
  const names = textsOf(write).map((name) => name.toLowerCase());
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice === undefined) return [];
  const message = `The line names the filter "${twice}" twice.`;
  const detail = { line: write.line, token: write.name, failureMode: 'F21', hint: 'Name each filter once.' };
  return [pvProblem(facts, 'PV_FILTER_APPEND', message, detail)];
};

const aboveStorport = (facts: PvFacts, write: RegistryWrite): Diagnostic =>
  pvProblem(
    facts,
    'PV_FILTER_ABOVE_STORPORT',
    `The filter ${textsOf(write).join(', ')} stands above the storage port driver.`,
    {
      line: write.line,
      token: write.name,
      severity: 'warning',
      hint: 'No public certification rule forbids it, but reviewers are known to dislike it, and the storage, INF and PnP tests see it (spec hlk.md section 6.3).',
    },
  );

/** F38: packages before this one set the filter; one without xendisk must take it away, for the value outlives them. */
const checkLeftover = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  if (facts.coInstallers || serviceOf(install, 'xendisk') !== undefined) return [];
  const touched = facts.document.sections.some(({ lines }) =>
    lines.some(({ fields: [root = '', , name = ''] }) => /^hkr$/i.test(root) && /^upperfilters$/i.test(name)),
  );
  if (touched) return [];
  const message = 'The package has no xendisk, and does not remove the filter that an older package has set.';
  return [
    pvProblem(facts, 'PV_FILTER_SERVICE', message, {
      line: install.section.headers[0],
      severity: 'warning',
      failureMode: 'F38',
      hint: 'Delete UpperFilters of the device (DelReg in the .HW section): HKR,,"UpperFilters",0x00018002,"xendisk".',
    }),
  ];
};
