import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { addServices } from '../../packaging/bundle/services.ts';
import { parseInf, printInf } from '../../packaging/formats/inf/document.ts';
import { load } from '../support/brand-file.ts';
import { hasOracle } from '../support/outside.ts';
import { pvText } from '../support/pv-infs.ts';
import { askSetupApi, setupInf } from '../support/setup-inf.ts';
import { wineOracle } from '../support/wine.ts';

const program = setupInf();
const folder = mkdtempSync(join(tmpdir(), 'winpv-services-'));
beforeAll(async () => {
  if (hasOracle('wine') && hasOracle('x86_64-w64-mingw32-gcc')) await askSetupApi(program, []);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const brand = load({
  services: [
    {
      ...{ name: 'AcmeAgent', displayName: "Acme's agent; [1] = Grüße", description: 'a, b \\\\', package: 'xenbus' },
      ...{ program: 'acmeagent.exe', files: ['acmeagent.dll'], eventSource: true },
    },
  ],
});

describe('the INF with a vendor’s service, as SetupAPI reads it', () => {
  wineOracle('adds the service with its texts, and copies its files under their versioned names', async () => {
    const document = parseInf(Buffer.from(pvText('xenbus'), 'latin1'), 'xenbus.inf');
    const request = { brand, driver: 'xenbus', architecture: 'x64', version: [9, 1, 0, 4] } as const;
    const path = join(folder, 'xenbus.inf');
    writeFileSync(path, printInf(addServices(document, request).document));
    const [open, services, files, source] = await askSetupApi(program, [
      ['open', path],
      ['services', 'Bus.Services'],
      ['files', 'Bus'],
      ['dump'],
    ]);
    expect(open?.[0]?.[1]).toBe('ok');
    const told = JSON.stringify([services, files, source]);
    expect(told).toContain("Acme's agent; [1] = Grüße");
    expect(JSON.stringify(services)).toContain('AcmeAgent');
    expect(JSON.stringify(files)).toContain('acmeagent_9_1_0_4.exe');
    expect(JSON.stringify(files)).toContain('acmeagent_9_1_0_4.dll');
  });
});
