/** What only a URI could carry, written as its octets. */
const PCHAR = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}|[^\0-\x7f])+$/;
/** A slash, or a character that needs no octets to be written, written as octets: two names for one part. */
const NEEDLESS_ESCAPE = /%(2f|5c|2d|2e|5f|7e|3[0-9]|[46][1-9a-f]|[57][0-9a]|00)/i;

/** Why a part cannot be named so (ECMA-376 part 2, 9.1.1.1); undefined when it can. */
export const partNameFlaw = (name: string): string | undefined => {
  if (!name.startsWith('/') || name.length < 2) return 'it does not begin with a slash';
  for (const segment of name.slice(1).split('/')) {
    if (segment === '') return 'it has an empty part';
    if (segment.endsWith('.')) return 'a part of it ends with a dot';
    if (!PCHAR.test(segment)) return 'it has a character that only stands in URIs as octets';
    if (NEEDLESS_ESCAPE.test(segment)) return 'it writes a plain character as octets';
  }
  return undefined;
};

/**
 * The part that a relationship's target names, seen from its source (RFC 3986, 5.2); undefined for what leads out of the
 * package or is no reference to a part.
 */
export const resolveTarget = (source: string, target: string): string | undefined => {
  if (target === '' || /[?#\\]/.test(target) || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(target) || target.startsWith('//'))
    return undefined;
  const base = target.startsWith('/') ? [] : source.split('/').slice(1, -1);
  const parts = [...base];
  for (const part of target.replace(/^\//, '').split('/')) {
    if (part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  const name = `/${parts.join('/')}`;
  return partNameFlaw(name) === undefined ? name : undefined;
};
