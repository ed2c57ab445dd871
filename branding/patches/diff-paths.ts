/** `"a/na\303\257ve.inf"`: what git writes for names with bytes outside printable ASCII. */
export const unquoted = (text: string): string => {
  if (!text.startsWith('"') || !text.endsWith('"') || text.length < 2) return text;
  const simple: Readonly<Record<string, string>> = { a: '\x07', b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };
  return text
    .slice(1, -1)
    .replace(/\\([0-3][0-7]{2}|.)/gs, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (simple[code] ?? code),
    );
};

/** The path of a `---` or `+++` line: a tab ends it (git writes one after a name with blanks, diff before its date). */
export const headerPath = (text: string): string => {
  if (text.startsWith('"')) return unquoted(/^"(?:[^"\\]|\\.)*"/s.exec(text)?.[0] ?? text);
  return text.split('\t')[0]?.trimEnd() ?? '';
};

/** Both paths of `diff --git a/x b/x`: only used where no other line names them, and then both are the same name. */
export const gitPaths = (text: string): readonly [string, string] | undefined => {
  const quoted = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/s.exec(text);
  if (quoted !== null) return [unquoted(quoted[1] ?? ''), unquoted(quoted[2] ?? '')];
  const half = (text.length - 1) / 2;
  if (!Number.isInteger(half) || text[half] !== ' ') return undefined;
  const [from, to] = [text.slice(0, half), text.slice(half + 1)];
  return from.slice(from.indexOf('/')) === to.slice(to.indexOf('/')) ? [from, to] : undefined;
};
