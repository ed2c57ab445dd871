import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { oracle } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

/** Independent programs read the whole output of a release of two brands. */
let project: TestProject;
let root = '';
beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml':
      'brands: [xenproject, example-vendor]\nsources: { default: stand-in }\narchitectures: [x64, x86, arm64]\n',
  });
  const made = await winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04']);
  expect(made.exit).toBe(0);
  root = project.path('out/xenproject/trust/root.pem');
});
afterAll(() => project.dispose());

const outputs = (pattern: RegExp): readonly string[] => {
  const found = filesBelow(project.path('out')).filter((path) => pattern.test(path));
  expect(found.length).toBeGreaterThan(0);
  return found;
};

describe('a release', () => {
  oracle('osslsigncode', 'accepts every signed image, catalog and cabinet, with its time stamp', (run) => {
    for (const path of outputs(/\.(sys|exe|cat|cab)$/)) {
      const file = project.path('out', path);
      const { status, stdout } = run('verify', '-in', file, '-CAfile', root, '-TSA-CAfile', root);
      const said = stdout.toString('utf8');
      expect(said, path).toContain('Succeeded');
      expect(said, path).toContain('Timestamp Server Signature verification: ok');
      expect(status, path).toBe(0);
    }
  });

  oracle('osslsigncode', 'finds every binary in its catalog', (run) => {
    for (const path of outputs(/\.sys$/)) {
      const catalog = outputs(/\.cat$/).find((other) => other.startsWith(path.slice(0, path.lastIndexOf('/')))) ?? '';
      const args = ['verify', '-catalog', project.path('out', catalog), '-in', project.path('out', path)];
      const { status, stdout } = run(...args, '-CAfile', root, '-TSA-CAfile', root);
      expect(stdout.toString('utf8'), path).toContain('Succeeded');
      expect(status, path).toBe(0);
    }
  });

  oracle('openssl', 'reads the certificates and the list of every catalog', (run) => {
    for (const path of outputs(/\.cat$/)) {
      const file = project.path('out', path);
      const certificates = run('pkcs7', '-inform', 'DER', '-print_certs', '-in', file);
      expect(certificates.status, path).toBe(0);
      expect(certificates.stdout.toString('utf8')).toContain('winpv test signing');
      const whole = run('asn1parse', '-inform', 'DER', '-in', file);
      expect(whole.status, path).toBe(0);
      const offset = ctlOffset(whole.stdout.toString('utf8'));
      const list = run('asn1parse', '-inform', 'DER', '-strparse', String(offset), '-in', file);
      expect(list.status, path).toBe(0);
      expect(list.stdout.toString('utf8')).toContain('1.3.6.1.4.1.311.12.1.1');
    }
  });

  oracle('cabextract', 'accepts every cabinet', (run) => {
    for (const path of outputs(/\.cab$/)) {
      const { status, stdout } = run('-t', project.path('out', path));
      expect(stdout.toString('utf8'), path).toContain('All done, no errors.');
      expect(status, path).toBe(0);
    }
  });

  oracle('gcab', 'lists the same tree as we do', async (run) => {
    for (const path of outputs(/\.cab$/)) {
      const { status, stdout } = run('-t', project.path('out', path));
      expect(status, path).toBe(0);
      const ours = await winpvJson(['cab', 'list', project.path('out', path)]);
      const names = ours.result.files.map((file: { name: string }) => file.name);
      expect(stdout.toString('utf8').trim().split('\n')).toEqual(names);
    }
  });

  oracle('osslsigncode', 'refuses an image that was changed after signing', (run) => {
    const path = project.path('changed.sys');
    const image = readFileSync(project.path('out/xenproject/xenvbd/x64/xenvbd.sys'));
    image[0x500] = (image[0x500] ?? 0) ^ 1;
    writeFileSync(path, image);
    expect(run('verify', '-in', path, '-CAfile', root, '-TSA-CAfile', root).status).not.toBe(0);
  });
});

/** Where asn1parse saw the CTL: the SEQUENCE inside the [0] that follows its object identifier. */
const ctlOffset = (text: string): number => {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /Microsoft Trust List|1\.3\.6\.1\.4\.1\.311\.10\.1\b/.test(line));
  return Number(/^\s*(\d+):/.exec(lines[at + 2] ?? '')?.[1]);
};
