import { parseDer } from '../formats/der/parse.ts';
import { comparableName, type GeneralName } from '../formats/x509/general-name.ts';
import type { Certificate } from '../formats/x509/parse.ts';

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

/**
 * The first name of a certificate that an authority above it does not allow, in words; undefined when all are allowed.
 * A form of name that a constraint speaks of and that is not compared here counts as not allowed (RFC 5280, 4.2.1.10).
 */
export const forbiddenName = (certificate: Certificate, authority: Certificate): string | undefined => {
  const { nameConstraints } = authority;
  if (nameConstraints === undefined) return undefined;
  const { permitted, excluded } = nameConstraints;
  for (const name of namesOf(certificate)) {
    const same = ({ choice }: GeneralName): boolean => choice === name.choice;
    if (excluded.filter(same).some((base) => name.form === 'other' || isBelow(name, base))) return describe(name);
    const allowed = permitted?.filter(same) ?? [];
    if (allowed.length > 0 && !allowed.some((base) => name.form !== 'other' && isBelow(name, base))) {
      return describe(name);
    }
  }
  return undefined;
};

const describe = (name: GeneralName): string =>
  name.form === 'directory' ? 'its subject' : `the ${name.form} name "${name.text}"`;

/** The subject, what the subject says of mail, and the alternative names. */
const namesOf = ({ subject, file, alternativeNames }: Certificate): readonly GeneralName[] => {
  const rdns = comparableName(parseDer(subject, { file }));
  const directory: GeneralName = { form: 'directory', choice: 4, text: '', rdns };
  const mails = rdns
    .flatMap((rdn) => rdn.split('+'))
    .flatMap((part): GeneralName[] => {
      const [type, value = ''] = part.split(/=(.*)/s);
      return type === EMAIL_ADDRESS ? [{ form: 'email', choice: 1, text: value.replaceAll('"', ''), rdns: [] }] : [];
    });
  const inAlternatives = alternativeNames.some(({ form }) => form === 'email');
  return [...(rdns.length > 0 ? [directory] : []), ...(inAlternatives ? [] : mails), ...alternativeNames];
};

const isBelow = (name: GeneralName, base: GeneralName): boolean => {
  const text = name.text.toLowerCase();
  const tree = base.text.toLowerCase();
  switch (name.form) {
    case 'directory':
      return base.rdns.every((rdn, i) => name.rdns[i] === rdn);
    case 'dns':
      return tree === '' || text === tree || text.endsWith(tree.startsWith('.') ? tree : `.${tree}`);
    case 'email':
      return tree.includes('@') ? text === tree : isHostBelow(text.slice(text.lastIndexOf('@') + 1), tree);
    case 'uri':
      return isHostBelow(hostOf(text), tree);
    case 'ip':
      return isAddressBelow(text, tree);
    default:
      return false;
  }
};

/** A host itself, or with a dot in front every host below. */
const isHostBelow = (host: string, tree: string): boolean =>
  tree.startsWith('.') ? host.endsWith(tree) : host === tree;

const hostOf = (uri: string): string => /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:]*)/.exec(uri)?.[1] ?? '';

/** Address and mask follow each other in a constraint. */
const isAddressBelow = (address: string, tree: string): boolean => {
  if (tree.length !== 2 * address.length) return false;
  const octets = Buffer.from(address, 'hex');
  const base = Buffer.from(tree, 'hex');
  return octets.every((octet, i) => {
    const mask = base[octets.length + i] ?? 0xff;
    return (octet & mask) === ((base[i] ?? 0) & mask);
  });
};
