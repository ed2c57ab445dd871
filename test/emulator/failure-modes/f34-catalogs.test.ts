import type { CheckedFile } from '../../../packaging/bundle/check.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import {
  type CatalogContent,
  type CatalogMember,
  findText,
  textAttribute,
} from '../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { REHEARSAL_TIME, releaseFiles } from '../../support/rehearsal.ts';

const STATIC = ['static'] as const;
const DAY = 24 * 60 * 60 * 1000;

const isOf = ({ attributes }: CatalogMember, name: string): boolean => findText(attributes, 'File') === name;

const withCatalog = (
  driver: string,
  edit: (content: CatalogContent) => CatalogContent | undefined,
): readonly CheckedFile[] =>
  releaseFiles().flatMap((file) => {
    if (!file.path.endsWith(`${driver}.cat`)) return [file];
    const content = edit(parseCatalog(file.bytes, file.path).content);
    return content === undefined ? [] : [{ path: file.path, bytes: encodeUnsignedCatalog(content) }];
  });

describeProofs('a catalog that does not cover its package', [
  {
    mode: 'F34',
    what: 'it is from the future',
    caught: STATIC,
    bad: () => withCatalog('xenvbd', (content) => ({ ...content, thisUpdate: REHEARSAL_TIME + 2 * DAY })),
  },
  {
    mode: 'F34',
    what: 'a file is not in it',
    caught: STATIC,
    bad: () =>
      withCatalog('xenvbd', (content) => ({
        ...content,
        members: content.members.filter((member) => !isOf(member, 'xencrsh.sys')),
      })),
  },
  {
    mode: 'F34',
    what: 'a file was changed after it was made',
    caught: STATIC,
    bad: () =>
      releaseFiles().map((file) =>
        file.path.endsWith('xeniface.inf')
          ? { path: file.path, bytes: new Uint8Array([...file.bytes, 0x3b, 0x0d, 0x0a]) }
          : file,
      ),
  },
  {
    mode: 'F34',
    what: 'it is missing, and others are there',
    caught: STATIC,
    bad: () => withCatalog('xenvif', () => undefined),
    severity: 'warning',
  },
  {
    mode: 'F34',
    what: 'it is for no Windows that the INF installs on',
    caught: STATIC,
    severity: 'warning',
    bad: () =>
      withCatalog('xennet', (content) => ({
        ...content,
        attributes: content.attributes.map((one) => (one.name === 'OS' ? textAttribute('OS', '7_X64') : one)),
        members: content.members.map((member) => ({
          ...member,
          attributes: member.attributes.map((one) => (one.name === 'OSAttr' ? textAttribute('OSAttr', '2:6.1') : one)),
        })),
      })),
  },
]);
