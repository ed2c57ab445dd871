import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { encodeUnsignedCatalog } from '../../packaging/formats/cat/encode.ts';
import { membersOf } from '../../packaging/formats/cat/member.ts';
import { textAttribute } from '../../packaging/formats/cat/model.ts';
import { subjectOf } from '../../packaging/formats/cat/subject.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import { signCab, signCatalog, signPe } from '../../packaging/signing/sign.ts';
import type { TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import { describeCorpus, type OracleRun, type OracleTool, oracle, withTempFolder } from '../support/outside.ts';
import {
  GEN_TIME_MS,
  hierarchyWith,
  hierarchyWithTsa,
  KEY_KINDS,
  pem,
  sharedHierarchy,
  signingParts,
} from '../support/test-keys.ts';

const UNSIGNED_IMAGES = ['x64', 'x86', 'arm64', 'msvc64', 'x64-odd-overlay', 'msvc64-odd-rsrc'];
const CABINETS = ['own/mszip', 'own/stored', 'own/reserve-folder-128', 'own/reserve-data-16', 'gcab-mszip'];

const output = ({ stdout, stderr }: OracleRun): string => `${stdout.toString()}${stderr}`;

interface Named {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Writes the files and runs `osslsigncode verify` on the first, with the test root trusted for signing and time stamps. */
const osslVerify = (tool: OracleTool, { root }: TestHierarchy, file: Named, catalog?: Named): Promise<OracleRun> =>
  withTempFolder((folder) => {
    const write = ({ name, bytes }: Named): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const trust = write({ name: 'root.pem', bytes: utf8(pem(root.certificate)) });
    const listed = catalog === undefined ? [] : ['-catalog', write(catalog)];
    return tool('verify', '-in', write(file), ...listed, '-CAfile', trust, '-TSA-CAfile', trust);
  });

const expectAccepted = (run: OracleRun, stamped: boolean): void => {
  const text = output(run);
  expect(text).toContain('Signature verification: ok');
  expect(text).toContain('Number of verified signatures: 1');
  if (stamped) {
    expect(text).toContain('Timestamp Server Signature verification: ok');
    expect(text).toContain('Jan  2 00:00:00 2024 GMT');
  }
  // For a catalog it only reminds of its option -catalog.
  expect(text).not.toMatch(/failed|MISMATCH|Warning(?!: Use -catalog option)/i);
  expect(run.status).toBe(0);
};

describeCorpus('what winpv signs, osslsigncode accepts', (corpus) => {
  for (const name of UNSIGNED_IMAGES) {
    for (const stamped of [false, true]) {
      oracle('osslsigncode', `accepts ${name}.sys ${stamped ? 'with' : 'without'} a time stamp`, async (tool) => {
        const hierarchy = await sharedHierarchy();
        const { signer, timestamper } = signingParts(hierarchy);
        const bytes = await signPe(corpus.file(`signed/pe/own/${name}.sys`), name, {
          signer,
          timestamper: stamped ? timestamper : undefined,
        });
        expectAccepted(await osslVerify(tool, hierarchy, { name: 'x.sys', bytes }), stamped);
      });
    }
  }

  oracle('osslsigncode', 'shows the description and the address that we wrote', async (tool) => {
    const hierarchy = await sharedHierarchy();
    const { signer } = signingParts(hierarchy);
    const options = { signer, description: 'Acme PV Bus', url: 'https://acme.example/pv' };
    const bytes = await signPe(corpus.file('signed/pe/own/x64.sys'), 'x64.sys', options);
    const run = await osslVerify(tool, hierarchy, { name: 'x.sys', bytes });
    expectAccepted(run, false);
    expect(output(run)).toContain('Text description: Acme PV Bus');
    expect(output(run)).toContain('URL description: https://acme.example/pv');
  });

  for (const digest of ['sha1', 'sha384', 'sha512'] as const) {
    oracle('osslsigncode', `accepts an image signed with ${digest}`, async (tool) => {
      const hierarchy = await sharedHierarchy();
      const options = { ...signingParts(hierarchy), digest };
      const bytes = await signPe(corpus.file('signed/pe/own/x86.sys'), 'x86.sys', options);
      expectAccepted(await osslVerify(tool, hierarchy, { name: 'x.sys', bytes }), true);
    });
  }

  for (const kind of KEY_KINDS) {
    oracle('osslsigncode', `accepts an image, a catalog and a cabinet signed with ${kind}`, async (tool) => {
      const hierarchy = await hierarchyWith(kind);
      const options = signingParts(hierarchy);
      const image = await signPe(corpus.file('signed/pe/own/x64.sys'), 'x64.sys', options);
      const catalog = await signCatalog(corpus.file('signed/makecat/jsign-wineyes/wineyes.cat'), 'w.cat', options);
      const cabinet = await signCab(corpus.file('signed/cab/own/mszip.cab'), 'm.cab', options);
      expectAccepted(await osslVerify(tool, hierarchy, { name: 'x.sys', bytes: image }), true);
      expectAccepted(await osslVerify(tool, hierarchy, { name: 'w.cat', bytes: catalog }), true);
      expectAccepted(await osslVerify(tool, hierarchy, { name: 'm.cab', bytes: cabinet }), true);
    });
  }

  for (const name of CABINETS) {
    oracle('cabextract', `finds the same files in ${name}.cab after it was signed`, async (tool) => {
      const unsigned = corpus.file(`signed/cab/${name}.cab`);
      const signed = await signCab(unsigned, name, signingParts(await sharedHierarchy()));
      await withTempFolder((folder) => {
        const contents = (bytes: Uint8Array): string => {
          writeFileSync(join(folder, 'x.cab'), bytes);
          const run = tool('-t', join(folder, 'x.cab'));
          expect(run.status, output(run)).toBe(0);
          return run.stdout.toString();
        };
        expect(contents(signed)).toBe(contents(unsigned));
      });
    });
  }
});

describeCorpus('a signed catalog vouches for an image', (corpus) => {
  const catalogOf = (bytes: Uint8Array, version: 1 | 2): Uint8Array =>
    encodeUnsignedCatalog({
      version,
      listIdentifier: new Uint8Array(16).fill(7),
      thisUpdate: GEN_TIME_MS,
      members: membersOf(subjectOf(bytes, 'x.sys'), { version, attributes: [textAttribute('File', 'x.sys')] }),
      attributes: [],
      otherExtensions: [],
    });

  for (const version of [1, 2] as const) {
    oracle(
      'osslsigncode',
      `accepts an unsigned image by our version ${version} catalog, and no other image`,
      async (tool) => {
        const hierarchy = await sharedHierarchy();
        const image = corpus.file('signed/pe/own/x64.sys');
        const options = signingParts(hierarchy);
        const catalog = { name: 'x.cat', bytes: await signCatalog(catalogOf(image, version), 'x.cat', options) };
        const run = await osslVerify(tool, hierarchy, { name: 'x.sys', bytes: image }, catalog);
        expectAccepted(run, true);
        const other = corpus.file('signed/pe/own/x86.sys');
        expect((await osslVerify(tool, hierarchy, { name: 'x.sys', bytes: other }, catalog)).status).not.toBe(0);
      },
    );
  }
});

for (const kind of ['RSA 3072', 'EC P-256'] as const) {
  oracle('openssl', `accepts our time-stamp token, made with ${kind}, as RFC 3161 has it`, async (tool) => {
    const hierarchy = await hierarchyWithTsa(kind);
    const { timestamper } = signingParts(hierarchy);
    const signature = utf8('the octets of a signature');
    const { attribute } = await timestamper.timestamp(signature);
    const token = parseDer(attribute, { file: 't' }).child(1, 'values').child(0, 'token').bytes;
    await withTempFolder((folder) => {
      const [data, file, root] = ['data', 'token.der', 'root.pem'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(data, signature);
      writeFileSync(file, token);
      writeFileSync(root, pem(hierarchy.root.certificate));
      const run = tool('ts', '-verify', '-data', data, '-in', file, '-token_in', '-CAfile', root);
      expect(output(run)).toContain('Verification: OK');
      expect(run.status).toBe(0);
      const text = tool('ts', '-reply', '-in', file, '-token_in', '-text', '-token_out').stdout.toString();
      expect(text).toContain('Jan  2 00:00:00 2024 GMT');
      const cms = tool(
        'cms',
        '-verify',
        '-inform',
        'DER',
        '-in',
        file,
        '-CAfile',
        root,
        '-purpose',
        'timestampsign',
        '-out',
        data,
      );
      expect(cms.status, cms.stderr).toBe(0);
      writeFileSync(data, utf8('another signature'));
      expect(tool('ts', '-verify', '-data', data, '-in', file, '-token_in', '-CAfile', root).status).not.toBe(0);
    });
  });
}

oracle('openssl', 'accepts the test hierarchy under its strict rules, each leaf for its purpose', async (tool) => {
  const hierarchy = await sharedHierarchy();
  await withTempFolder((folder) => {
    for (const role of ['root', 'signer', 'tsa'] as const) {
      writeFileSync(join(folder, `${role}.pem`), pem(hierarchy[role].certificate));
    }
    const check = (role: string, purpose: string) =>
      tool(
        'verify',
        '-x509_strict',
        '-check_ss_sig',
        '-CAfile',
        join(folder, 'root.pem'),
        '-purpose',
        purpose,
        join(folder, `${role}.pem`),
      );
    expect(check('tsa', 'timestampsign').status).toBe(0);
    expect(check('signer', 'any').status).toBe(0);
    expect(check('signer', 'timestampsign').status).not.toBe(0);
    const text = tool('x509', '-noout', '-text', '-in', join(folder, 'signer.pem')).stdout.toString();
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/X509v3 Extended Key Usage: \n\s+Code Signing\n/);
  });
});
