import { type Diagnostic, type DiagnosticDetail, problem } from '../../../../core/errors.ts';
import type { PvRuleCode } from '../../../../core/pv-rule-codes.ts';
import { type DecoratedInstall, decoratedInstalls } from '../decorated-installs.ts';
import { type InfDocument, physicalLine } from '../document.ts';
import type { InfModel, InfService, RegistryWrite } from '../model.ts';
import { type PvId, parsePvId } from './ids.ts';

/** The drivers of the Xen PV family; `child` is one of another vendor that binds on the same bus. */
export type PvKind =
  | 'xenbus'
  | 'xenvbd'
  | 'xenvif'
  | 'xennet'
  | 'xeniface'
  | 'xenvkbd'
  | 'xenhid'
  | 'xencons'
  | 'xendisk'
  | 'xencrsh'
  | 'child';

export type PvInstall = DecoratedInstall;

/** What the rules look at. */
export interface PvFacts {
  readonly document: InfDocument;
  readonly model: InfModel;
  readonly kind: PvKind;
  readonly installs: readonly PvInstall[];
  /** The ids of the family, in file order, each with its Models line. */
  readonly ids: readonly (PvId & { readonly os: string; readonly line: number })[];
  /** Older packages left much to a co-installer that the current ones do by their INF. */
  readonly coInstallers: boolean;
}

const KIND_OF_CLASS: Readonly<Record<string, PvKind>> = {
  VBD: 'xenvbd',
  VIF: 'xenvif',
  IFACE: 'xeniface',
  VKBD: 'xenvkbd',
  CONS: 'xencons',
  NET: 'xennet',
  HID: 'xenhid',
};

const kindOf = (model: InfModel, ids: readonly PvId[], installs: readonly PvInstall[]): PvKind | undefined => {
  const services = new Set(installs.flatMap((install) => install.services.map(({ name }) => name.toLowerCase())));
  // Other stacks match the platform function too; only this family calls its bus xenbus.
  if (ids.some(({ bus }) => bus === 'PCI')) return services.has('xenbus') ? 'xenbus' : undefined;
  if (ids.length > 0) return ids.map(({ deviceClass }) => KIND_OF_CLASS[deviceClass]).find(Boolean) ?? 'child';
  if (!model.primitive) return undefined;
  const files = new Set(installs.flatMap((install) => install.files.map(({ name }) => name.toLowerCase())));
  return files.has('xendisk.sys') ? 'xendisk' : files.has('xencrsh.sys') ? 'xencrsh' : undefined;
};

const EXTENSION_CLASS = '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}';

/** What an INF says, if it is of the Xen PV family; undefined for every other one. @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE */
export const pvFacts = (document: InfDocument, model: InfModel): PvFacts | undefined => {
  const ids = model.devices.flatMap(({ ids: own, os, line }) =>
    own.flatMap((text) => {
      const id = parsePvId(text);
      return id === undefined ? [] : [{ ...id, os, line }];
    }),
  );
  // An extension adds to what another INF installs, and is no driver of its own.
  if (model.version.classGuid.toLowerCase() === EXTENSION_CLASS) return undefined;
  // Most INFs end here, before anything costly.
  if (ids.length === 0 && !/xen(disk|crsh)\.sys/i.test(document.table.text)) return undefined;
  const installs = decoratedInstalls(document, model);
  const kind = kindOf(model, ids, installs);
  if (kind === undefined) return undefined;
  const coInstallers = installs.some(({ registry }) => registry.some(isCoInstaller));
  return { document, model, kind, installs, ids, coInstallers };
};

export const isCoInstaller = ({ name }: RegistryWrite): boolean => name.toLowerCase() === 'coinstallers32';

/** Every registry line of an install section, those of its services included. */
export const allWrites = (install: PvInstall): readonly RegistryWrite[] => [
  ...install.registry,
  ...install.services.flatMap(({ registry }) => registry),
];

export const serviceOf = (install: PvInstall, name: string): InfService | undefined =>
  install.services.find((service) => service.name.toLowerCase() === name.toLowerCase());

/** The texts of a REG_MULTI_SZ, or of a text value. */
export const textsOf = ({ value }: RegistryWrite): readonly string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? value : [];

export interface PvDetail extends Omit<DiagnosticDetail, 'at' | 'excerpt'> {
  readonly line?: number | undefined;
  /** Text of the line that the finding is about, for the column. */
  readonly token?: string;
}

/** A finding at a line of the INF, with its row of the failure-mode table. */
export const pvProblem = (
  { document }: Pick<PvFacts, 'document'>,
  code: PvRuleCode,
  message: string,
  { line, token, ...detail }: PvDetail,
): Diagnostic => {
  const { file } = document;
  if (line === undefined) return problem(code, message, { ...detail, at: { file } });
  const excerpt = physicalLine(document, line);
  const found = token === undefined ? -1 : excerpt.toLowerCase().indexOf(token.toLowerCase());
  const column = (found < 0 ? excerpt.length - excerpt.trimStart().length : found) + 1;
  return problem(code, message, { ...detail, at: { file, line, column }, excerpt });
};

/** `, for NTamd64` in an INF that tells Windows versions apart; nothing otherwise. */
export const forTarget = ({ installs }: PvFacts, { os }: PvInstall): string =>
  new Set(installs.map((install) => install.os.toLowerCase())).size > 1 ? ` (for ${os})` : '';

/** The value part of an AddReg key, for comparison: `HKLM\SYSTEM\...` in lower case. */
export const keyOf = ({ key }: RegistryWrite): string => key.toLowerCase();
