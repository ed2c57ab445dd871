import { type InfDocument, type InfLine, type InfSection, sectionOf } from '../document.ts';
import type { InfModel } from '../model.ts';
import { parseInfNumber } from '../numbers.ts';
import type { RuleContext, RuleOptions, RuleSection, RuleTarget, SectionKind, SectionUse } from './contract.ts';
import { kindByName, REFERENCES, RELATED, SECURABLE } from './references.ts';
import { ruleTargets } from './targets.ts';

/** A section in a role, while the graph is made. */
interface Node extends RuleSection {
  readonly uses: SectionUse[];
  readonly targets: RuleTarget[];
  readonly children: Node[];
}

/** One section may be named many times over; so many steps are made to tell which Windows reaches what. */
const MAX_STEPS = 2_000_000;

/** Finds who names which section, beginning with those that Windows looks up itself. */
class Graph {
  readonly nodes = new Map<string, Node>();
  readonly uses: SectionUse[] = [];
  private readonly open: Node[] = [];
  private readonly document: InfDocument;

  constructor(document: InfDocument) {
    this.document = document;
  }

  node(section: InfSection, kind: SectionKind): Node {
    const key = `${kind} ${section.name.toLowerCase()}`;
    let node = this.nodes.get(key);
    if (node === undefined) {
      node = { kind, section, uses: [], targets: [], children: [] };
      this.nodes.set(key, node);
      this.open.push(node);
    }
    return node;
  }

  use(use: Omit<SectionUse, 'section'>, from: Node | undefined): Node | undefined {
    const section = sectionOf(this.document, use.name);
    const full: SectionUse = { ...use, section };
    this.uses.push(full);
    if (section === undefined) return undefined;
    const node = this.node(section, use.kind);
    node.uses.push(full);
    from?.children.push(node);
    return node;
  }

  /** The sections that belong to an install section by name. */
  related(node: Node): void {
    for (const [suffix, kind] of RELATED) {
      const name = `${node.section.name}${suffix}`;
      if (sectionOf(this.document, name) === undefined) continue;
      this.use({ directive: suffix, name, kind, from: node, line: undefined }, node);
    }
  }

  /** Follows everything that is named, until nothing new is found. */
  follow(): void {
    for (let node = this.open.pop(); node !== undefined; node = this.open.pop()) {
      const references = REFERENCES[node.kind];
      for (const line of references === undefined ? [] : node.section.lines) this.line(node, line);
      if (node.kind === 'interface-install32') this.interfaceClasses(node);
      if (SECURABLE.has(node.kind)) this.security(node);
    }
  }

  private line(node: Node, line: InfLine): void {
    const key = line.key?.toLowerCase();
    if (key === 'needs') {
      for (const name of line.fields) {
        if (name !== '') this.use({ directive: 'Needs', name, kind: node.kind, from: node, line }, node);
      }
      return;
    }
    for (const { directive, kind, field } of REFERENCES[node.kind] ?? []) {
      if (directive.toLowerCase() !== key) continue;
      const names = field === 'all' ? line.fields : line.fields.slice(field, field + 1);
      for (const name of names) {
        if (name === '' || (kind === 'copy-files' && name.startsWith('@'))) continue;
        this.use({ directive, name, kind, from: node, line }, node);
      }
    }
  }

  private interfaceClasses(node: Node): void {
    for (const line of node.section.lines) {
      const base = line.fields[0] ?? '';
      const names = ['', '.NT', '.NTx86', '.NTamd64', '.NTarm', '.NTarm64', '.NTia64'].map((text) => `${base}${text}`);
      const found = names.filter((name) => base !== '' && sectionOf(this.document, name) !== undefined);
      for (const name of found.length === 0 && base !== '' ? [base] : found) {
        this.use({ directive: 'InterfaceInstall32', name, kind: 'interface-class', from: node, line }, node);
      }
    }
  }

  private security(node: Node): void {
    const name = `${node.section.name}.Security`;
    if (sectionOf(this.document, name) === undefined) return;
    this.use({ directive: '.Security', name, kind: 'security', from: node, line: undefined }, node);
  }
}

/** Marks what a target reaches. */
const reach = (roots: readonly Node[], target: RuleTarget, budget: { steps: number }): void => {
  const open = [...roots];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.targets[node.targets.length - 1] === target) continue;
    node.targets.push(target);
    budget.steps -= 1 + node.children.length;
    if (budget.steps < 0) return;
    for (const child of node.children) open.push(child);
  }
};

const addModels = (graph: Graph, document: InfDocument): void => {
  const manufacturer = sectionOf(document, 'Manufacturer');
  if (manufacturer === undefined) return;
  const from = graph.node(manufacturer, 'manufacturer');
  for (const line of manufacturer.lines) {
    const [models = '', ...decorations] = line.fields;
    for (const name of [models, ...decorations.map((os) => `${models}.${os}`)]) {
      const exists = sectionOf(document, name) !== undefined;
      // The undecorated section may be missing when there are decorated ones.
      if (!exists && (name === '' || (name === models && decorations.length > 0))) continue;
      graph.use({ directive: 'Manufacturer', name, kind: 'models', from, line }, undefined);
    }
  }
};

/** The sections that Windows looks up by name, which are for every target. */
const addNamed = (graph: Graph, document: InfDocument): readonly Node[] =>
  document.sections.flatMap((section) => {
    const kind = kindByName(section.name);
    if (kind === undefined) return [];
    const node = graph.node(section, kind);
    return kind === 'class-install' || kind === 'class-install-services' || kind === 'interface-install32'
      ? [node]
      : [];
  });

const installNodes = (graph: Graph, target: RuleTarget): readonly Node[] =>
  target.installs.flatMap(({ section, devices, base }) => {
    if (section === undefined) return [];
    const known = graph.nodes.get(`install ${section.name.toLowerCase()}`);
    const node = known ?? graph.node(section, 'install');
    if (known === undefined) graph.related(node);
    const models = devices[0];
    const directive = models === undefined ? base : 'Models';
    if (known === undefined) {
      node.uses.push({ directive, name: section.name, kind: 'install', from: undefined, line: undefined, section });
    }
    return [node];
  });

/** Works out what every section of an INF is for, and for which Windows. */
export const ruleContext = (
  document: InfDocument,
  model: InfModel,
  options: RuleOptions,
  rest: Pick<RuleContext, 'library' | 'unstampedLines'>,
): RuleContext => {
  const targets = ruleTargets(document, model, options);
  const graph = new Graph(document);
  const shared = addNamed(graph, document);
  addModels(graph, document);
  const roots = targets.map((target) => [...installNodes(graph, target), ...shared]);
  graph.follow();
  const budget = { steps: MAX_STEPS };
  for (const [index, target] of targets.entries()) reach(roots[index] ?? [], target, budget);
  return assembled(graph, { document, model, options, targets, ...rest });
};

const EXTENSION_CLASS = '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}';

const assembled = (
  graph: Graph,
  rest: Pick<RuleContext, 'document' | 'model' | 'options' | 'library' | 'targets' | 'unstampedLines'>,
): RuleContext => {
  const sections: readonly RuleSection[] = [...graph.nodes.values()];
  const byKind = new Map<SectionKind, RuleSection[]>();
  const byName = new Map<string, RuleSection[]>();
  const add = <K>(map: Map<K, RuleSection[]>, key: K, section: RuleSection): void => {
    const own = map.get(key);
    if (own === undefined) map.set(key, [section]);
    else own.push(section);
  };
  for (const section of sections) {
    add(byKind, section.kind, section);
    add(byName, section.section.name.toLowerCase(), section);
  }
  const { version } = rest.model;
  return {
    ...rest,
    sections,
    uses: graph.uses,
    of: (kind) => byKind.get(kind) ?? [],
    rolesOf: (name) => byName.get(name.toLowerCase()) ?? [],
    isExtension:
      version.class.toLowerCase() === 'extension' || version.classGuid.trim().toLowerCase() === EXTENSION_CLASS,
  };
};

/** A build of Windows from `10.0.22621`, `22621` or a decoration (`NTamd64.10.0...22621`); undefined when it is none. */
export const buildNumber = (text: string): number | undefined => {
  const match = /^(?:(?:nt[a-z0-9]*\.)?\d+\.(?:\d+\.|\d+\.\.\.))?(\d+)$/i.exec(text.trim());
  return match === null ? undefined : parseInfNumber(match[1] ?? '');
};
