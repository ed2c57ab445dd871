import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { toHex, utf8 } from '../../core/bytes.ts';
import { planCatalogs } from '../../packaging/bundle/catalog.ts';
import { encodeUnsignedCatalog } from '../../packaging/formats/cat/encode.ts';
import { parseCatalog } from '../../packaging/formats/cat/parse.ts';
import { encodeStandIn } from '../../packaging/formats/pe/stand-in.ts';
import { demo, request } from '../support/catalog-sample.ts';
import { type OracleRun, type OracleTool, oracle, withTempFolder } from '../support/outside.ts';

const driver = encodeStandIn({
  name: 'demo.sys',
  machine: 'x64',
  kind: 'driver',
  imports: [{ module: 'ntoskrnl.exe', names: ['DbgPrint'] }],
  exports: [],
  version: {
    fixed: {
      fileVersion: [1, 2, 3, 4],
      productVersion: [1, 2, 3, 4],
      fileType: 3,
      fileSubtype: 7,
      fileFlags: 0,
      fileOs: 0x40004,
    },
    strings: [],
  },
  strings: ['a driver'],
  timeDateStamp: 1_700_000_000,
});

/** Our catalog of an INF, an image and a library. */
const catalogFor = (osList: string): Uint8Array => {
  const contents = { 'x64/demo.sys': driver, 'extra.dll': utf8('a library') };
  const [plan] = planCatalogs(request(osList, [demo()], contents));
  if (plan === undefined) throw new Error('nothing was planned');
  return encodeUnsignedCatalog(plan.content);
};

const output = ({ status, stdout, stderr }: OracleRun): string => `${status} ${stdout.toString('utf8')}${stderr}`;

/** A self-signed certificate that may sign code, made by openssl. */
const makeCertificate = (folder: string): { readonly key: string; readonly certificate: string } => {
  const [key, certificate, config] = [join(folder, 'key.pem'), join(folder, 'cert.pem'), join(folder, 'openssl.cnf')];
  writeFileSync(
    config,
    '[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=Catalog Test\n' +
      '[ext]\nkeyUsage=digitalSignature\nextendedKeyUsage=codeSigning\nbasicConstraints=CA:false\n',
  );
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-config', config];
  const { status } = spawnSync('openssl', ['req', ...options, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  expect(status).toBe(0);
  return { key, certificate };
};

/** Has the tool sign the catalog; gives the paths. */
const signedBy = (tool: OracleTool, folder: string, catalog: Uint8Array) => {
  const { key, certificate } = makeCertificate(folder);
  const [unsigned, signed] = [join(folder, 'demo.cat'), join(folder, 'signed.cat')];
  writeFileSync(unsigned, catalog);
  const run = tool('sign', '-certs', certificate, '-key', key, '-h', 'sha256', '-in', unsigned, '-out', signed);
  return { run, signed, certificate };
};

describe.each([
  ['version 2', '10_X64'],
  ['version 1', '7_X64,10_X64'],
])('a catalog of ours, %s', (_version, osList) => {
  oracle('openssl', 'reads the file and the trust list in it', async (openssl) => {
    await withTempFolder((folder) => {
      const file = join(folder, 'demo.cat');
      const bytes = catalogFor(osList);
      writeFileSync(file, bytes);
      expect(output(openssl('pkcs7', '-inform', 'DER', '-in', file, '-print_certs')).trim()).toBe('0');
      const { ctl, content } = parseCatalog(bytes, file);
      const at = String(ctl.byteOffset - bytes.byteOffset);
      const { status, stdout } = openssl('asn1parse', '-inform', 'DER', '-in', file, '-strparse', at);
      const text = stdout.toString('latin1');
      expect(status).toBe(0);
      expect(text).toContain(':261124120000Z');
      expect(text).toContain(':1.3.6.1.4.1.311.12.1.1');
      const hashed = content.members.filter(({ indirectData }) => indirectData !== undefined);
      expect(hashed.length).toBe(3);
      expect(text.match(/:1\.3\.6\.1\.4\.1\.311\.2\.1\.4\n/g)?.length).toBe(3);
    });
  });

  oracle('osslsigncode', 'signs it, keeps our trust list, and accepts what it signed', async (osslsigncode) => {
    await withTempFolder((folder) => {
      const catalog = catalogFor(osList);
      const { run, signed, certificate } = signedBy(osslsigncode, folder, catalog);
      expect(output(run)).toContain('Succeeded');
      const after = parseCatalog(new Uint8Array(readFileSync(signed)), 'signed.cat');
      expect(toHex(after.ctl)).toBe(toHex(parseCatalog(catalog, 'demo.cat').ctl));
      expect(output(osslsigncode('verify', '-in', signed, '-CAfile', certificate))).toContain(
        'Signature verification: ok',
      );
    });
  });

  oracle('osslsigncode', 'finds the image in the signed catalog, and not a changed one', async (osslsigncode) => {
    await withTempFolder((folder) => {
      const { signed, certificate } = signedBy(osslsigncode, folder, catalogFor(osList));
      const verify = (bytes: Uint8Array): string => {
        const file = join(folder, 'demo.sys');
        writeFileSync(file, bytes);
        return output(osslsigncode('verify', '-catalog', signed, '-CAfile', certificate, '-in', file));
      };
      const changed = driver.slice();
      changed[changed.length - 1] = 1;
      expect(verify(driver)).toMatch(/^0 [\s\S]*Signature verification: ok/);
      expect(verify(changed)).not.toMatch(/^0 /);
    });
  });
});
