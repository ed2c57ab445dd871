import type { Files } from '../../../core/ports.ts';

/** Style and script of a report, as they stand in the page. */
export interface ReportAssets {
  readonly style: string;
  readonly script: string;
}

const FOLDER = ['cli', 'render', 'report', 'client'] as const;
const STYLES = ['base.css', 'findings.css', 'matrix.css', 'run.css', 'tree.css', 'story.css'] as const;
/** What a file imports stands before it. */
const SCRIPTS = ['dom.js', 'values.js', 'tree.js', 'path.js', 'events.js', 'run.js', 'runs.js', 'main.js'] as const;

interface ClientModule {
  readonly name: string;
  readonly text: string;
}

/** Of pages that are whole without a script. */
const STILL_STYLES = ['base.css', 'tree.css', 'charts.css'] as const;

const EXPORT = /^export const (\w+)/gm;
const IMPORT = /^import (\{[^}]*\}) from '\.\/([\w.-]+)';\n/gm;

/** Modules become one script, each in a block of its own: what it exports stands in `modules`, where the others take it from. */
const asScript = (modules: readonly ClientModule[]): string => {
  const blocks = modules.map(({ name, text }) => {
    const names = [...text.matchAll(EXPORT)].map(([, exported]) => exported);
    const body = text.replace(IMPORT, "const $1 = modules['$2'];\n").replace(/^export (?=const )/gm, '');
    return `{\n${body}modules['${name}'] = { ${names.join(', ')} };\n}`;
  });
  return ["'use strict';", '(() => {', 'const modules = {};', ...blocks, '})();'].join('\n');
};

interface Package {
  readonly files: Files;
  readonly packageRoot: string;
}

/** A page has line feeds only: what is hashed is what a browser reads. */
const readPart = async ({ files, packageRoot }: Package, name: string): Promise<string> =>
  new TextDecoder().decode(await files.read(files.join(packageRoot, ...FOLDER, name))).replaceAll('\r\n', '\n');

/** What pages without a script are drawn with. @throws WinpvError FILE_NOT_FOUND, FILE_UNREADABLE */
export const readStillAssets = async (from: Package): Promise<ReportAssets> => {
  const styles = await Promise.all(STILL_STYLES.map((name) => readPart(from, name)));
  return { style: styles.join('\n'), script: '' };
};

/** Reads what reports are drawn with, from the winpv package itself. @throws WinpvError FILE_NOT_FOUND, FILE_UNREADABLE */
export const readReportAssets = async (from: Package): Promise<ReportAssets> => {
  const modules = Promise.all(SCRIPTS.map(async (name) => ({ name, text: await readPart(from, name) })));
  const styles = await Promise.all(STYLES.map((name) => readPart(from, name)));
  return { style: styles.join('\n'), script: asScript(await modules) };
};
