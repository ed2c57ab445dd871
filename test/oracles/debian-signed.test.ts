import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { verifyFile } from '../../packaging/signing/verify.ts';

/**
 * Images that Debian ships signed: tried where their packages happen to be installed. Nobody gives their roots, so a right
 * verdict is `untrusted`: every byte is what was signed.
 */
const SIGNED: readonly (readonly [package_: string, path: string, signers: readonly RegExp[]])[] = [
  ['shim-signed', '/usr/lib/shim/shimx64.efi.signed', [/UEFI Driver Publisher/, /UEFI CA 2023 signer/]],
  ['shim-helpers-amd64-signed', '/usr/lib/shim/mmx64.efi.signed', [/Debian Secure Boot Signer/]],
  ['shim-helpers-amd64-signed', '/usr/lib/shim/fbx64.efi.signed', [/Debian Secure Boot Signer/]],
  ['grub-efi-amd64-signed', '/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed', [/Debian Secure Boot Signer/]],
  ['grub-efi-amd64-signed', '/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed', [/Debian Secure Boot Signer/]],
  ['fwupd-amd64-signed', '/usr/libexec/fwupd/efi/fwupdx64.efi.signed', [/Debian Secure Boot Signer/]],
];

describe('images that Debian ships signed are whole', () => {
  for (const [name, path, signers] of SIGNED) {
    test.skipIf(!existsSync(path))(`${path} (${name})`, () => {
      const bytes = new Uint8Array(readFileSync(path));
      const { verdict, reason, signatures } = verifyFile({
        path,
        bytes,
        catalogs: [],
        trust: [],
        atMs: Date.UTC(2027, 0),
      });
      expect([verdict, reason]).toEqual(['untrusted', 'VERIFY_CHAIN_INCOMPLETE']);
      expect(signatures).toHaveLength(signers.length);
      for (const [i, signer] of signers.entries()) expect(signatures[i]?.subject).toMatch(signer);
    });
  }
});
