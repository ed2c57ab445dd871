import { WinpvError } from '../../core/errors.ts';
import { parseXml } from '../../packaging/formats/xml/parse.ts';
import {
  attributeOf,
  childElements,
  elementsBelow,
  textOf,
  type XmlDocument,
  type XmlElement,
} from '../../packaging/formats/xml/tree.ts';

/** `PackageInfo.xml`: the summary that a package of the kit has beside its data (spec hlk 1.2). */
export interface HlkPackageInfo {
  /** `SubmissionPackage`; other words for an update of a driver. */
  readonly type: string | undefined;
  /** `10.1.26100.1742` */
  readonly kitVersion: string | undefined;
  readonly packageVersion: string | undefined;
  readonly buildBranch: string | undefined;
  /** As written. */
  readonly created: string | undefined;
  readonly projects: readonly HlkProject[];
}

export interface HlkProject {
  readonly name: string;
  readonly created: string | undefined;
  /** After filters and the playlist that was packed; undefined when the project has none. */
  readonly rollup: TestRollup | undefined;
  readonly instances: readonly HlkProductInstance[];
}

export interface TestRollup {
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
}

/** What was tested on one Windows. */
export interface HlkProductInstance {
  readonly status: string | undefined;
  readonly architecture: string | undefined;
  /** `WINDOWS_v100_SERVER_X64_GE_FULL`: what can be asked for in a submission. */
  readonly codes: readonly string[];
  readonly features: readonly string[];
  /** `Unclassified` when the package names none. */
  readonly productTypes: readonly string[];
  readonly targets: readonly HlkTarget[];
}

export interface HlkTarget {
  /** The device's instance id: `PCI\VEN_5853&DEV_0001&SUBSYS_…\3&267A616A&0&18`. */
  readonly key: string;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly driverStatus: string | undefined;
  readonly drivers: readonly HlkDriver[];
}

export interface HlkDriver {
  readonly id: string | undefined;
  /** The driver that this one takes the place of, in an update. */
  readonly replaces: string | undefined;
  readonly systems: readonly { readonly architecture: string | undefined; readonly code: string | undefined }[];
  readonly locales: readonly string[];
}

/** Of the summary. */
export const MAX_INFO_BYTES = 16 * 1024 * 1024;
/** Counts beyond this are no counts of tests. */
const MAX_COUNT = 10_000_000;

/**
 * Values may be attributes or elements, whatever the namespace: both forms were seen (spec hlk 1.2).
 * @throws WinpvError XML_*, HLK_PACKAGE_INFO
 */
export const parsePackageInfo = (bytes: Uint8Array, file: string): HlkPackageInfo => {
  const document = parseXml(bytes, file, { maxBytes: MAX_INFO_BYTES });
  const { root } = document;
  if (root.local !== 'Package') throw refuse(document, root, 'The summary is of no package.');
  const projects = named(root, 'Project').map((project) => readProject(document, project));
  if (projects.length === 0) throw refuse(document, root, 'The package has no project.');
  return {
    type: textValue(root, 'Type'),
    kitVersion: textValue(root, 'KitVersion'),
    packageVersion: textValue(root, 'PackageVersion'),
    buildBranch: textValue(root, 'BuildBranch'),
    created: textValue(root, 'CreationDate'),
    projects,
  };
};

const refuse = ({ file }: XmlDocument, { line, column }: XmlElement, message: string): WinpvError =>
  new WinpvError('HLK_PACKAGE_INFO', message, { at: { file, line, column } });

/** An attribute, or the text of an element directly inside. */
const textValue = (element: XmlElement, name: string): string | undefined => {
  const attribute = attributeOf(element, name);
  if (attribute !== undefined) return attribute.trim();
  const child = childElements(element).find(({ local }) => local === name);
  const text = child === undefined ? '' : textOf(child).trim();
  return text === '' ? undefined : text;
};

/** Everything of that name below, but for what stands inside another one of it. */
const named = (element: XmlElement, name: string): readonly XmlElement[] =>
  childElements(element).flatMap((child) => (child.local === name ? [child] : named(child, name)));

/** Names that stand in attributes or are the text: `<Code Name="…"/>`, `<Code>…</Code>`. */
const namesOf = (element: XmlElement, list: string, item: string, attribute: string): readonly string[] => {
  const lists = childElements(element).filter(({ local }) => local === list);
  const found = lists.flatMap((one) => childElements(one).filter(({ local }) => local === item));
  return found.flatMap((one) => {
    const text = attributeOf(one, attribute)?.trim() ?? textOf(one).trim();
    return text === '' ? [] : [text];
  });
};

const readProject = (document: XmlDocument, project: XmlElement): HlkProject => {
  const [rollup, second] = named(project, 'TestRollup');
  if (second !== undefined) throw refuse(document, second, 'A project has two sums of its tests.');
  return {
    name: textValue(project, 'Name') ?? '',
    created: textValue(project, 'CreationDate'),
    rollup: rollup === undefined ? undefined : readRollup(document, rollup),
    instances: named(project, 'ProductInstance').map(readInstance),
  };
};

const readRollup = (document: XmlDocument, element: XmlElement): TestRollup => {
  const count = (name: string): number => {
    const text = textValue(element, name);
    const value = Number(text);
    if (text !== undefined && /^\d{1,8}$/.test(text) && value <= MAX_COUNT) return value;
    throw refuse(document, element, `The sum of tests has no count ${name}.`);
  };
  return { passed: count('Passed'), failed: count('Failed'), notRun: count('NotRun') };
};

const readInstance = (element: XmlElement): HlkProductInstance => {
  const [system] = childElements(element).filter(({ local }) => local === 'OperatingSystem');
  const productTypes = namesOf(element, 'ProductTypes', 'ProductType', 'Name');
  return {
    status: textValue(element, 'Status'),
    architecture: system === undefined ? undefined : textValue(system, 'Architecture'),
    codes: system === undefined ? [] : namesOf(system, 'Codes', 'Code', 'Name'),
    features: namesOf(element, 'Features', 'Feature', 'FullName'),
    productTypes: productTypes.length === 0 ? ['Unclassified'] : productTypes,
    targets: named(element, 'Target').map(readTarget),
  };
};

const readTarget = (element: XmlElement): HlkTarget => ({
  key: textValue(element, 'Key') ?? '',
  name: textValue(element, 'Name'),
  type: textValue(element, 'TargetType'),
  driverStatus: textValue(element, 'DriverStatus'),
  drivers: named(element, 'Driver').map((driver) => ({
    id: textValue(driver, 'Id'),
    replaces: replacedBy(driver),
    systems: [...elementsBelow(driver)]
      .filter(({ local }) => local === 'OperatingSystem')
      .map((system) => ({ architecture: textValue(system, 'Architecture'), code: textValue(system, 'Code') })),
    locales: namesOf(driver, 'Locales', 'Locale', 'Name'),
  })),
});

/** Nothing is replaced by a driver whose field is empty or zero. */
const replacedBy = (driver: XmlElement): string | undefined => {
  const id = textValue(driver, 'ReplacesId');
  return id === undefined || /^[{}0-]*$/.test(id) ? undefined : id;
};
