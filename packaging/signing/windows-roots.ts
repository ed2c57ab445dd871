import type { KeyHolder } from '../formats/x509/signature.ts';

/**
 * A root that the Windows kernel believes. Files do not carry roots, so the keys stand here: with one, the certificate below
 * it can be verified although the root itself is not at hand.
 */
export interface WindowsRoot extends KeyHolder {
  /** As `Certificate.subjectText` has it. */
  readonly subject: string;
  /** SHA-1, lower-case hex. */
  readonly thumbprint: string;
}

/** The thumbprints of the roots (spec signing-formats 6.2; that of the last, of Microsoft's own tools' output). */
export const RootThumbprint = {
  microsoft2010: '3b1efd3a66ea28b16697394703a72ca340a05bd5',
  microsoft2001: 'cdd4eeae6000ac7f40c3802c171e30148030c072',
  microsoft1997: 'a43489159a520f0d93d032ccaf37e7fe20a8b419',
  codeVerification: '8fbe4d070ef8ab1bccaf2a9d5ccae7282a2c66b3',
} as const;

const rsaKey = (...base64: readonly string[]): Uint8Array => new Uint8Array(Buffer.from(base64.join(''), 'base64'));

/**
 * SubjectPublicKeyInfo of the roots whose keys are known here. They were computed from certificates that the roots issued
 * (two RSA signatures and the texts that they sign give the modulus; the exponent is 65537). Each verifies every certificate that real catalogs carry
 * from it (test/packaging/signing/windows-roots.test.ts). The key of the root of 1997 is
 * from the certificate with its thumbprint, which Wine ships among its roots.
 */
export const WINDOWS_ROOTS: readonly WindowsRoot[] = [
  {
    subject: 'CN=Microsoft Root Certificate Authority 2010,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US',
    thumbprint: RootThumbprint.microsoft2010,
    file: 'Microsoft Root Certificate Authority 2010',
    publicKeyInfo: rsaKey(
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAuQieKOTk7AZOUGizQcV76662jq+BuiJEH2U0aUy+cEAX8hZ74nn9hu0N',
      'OfQbqK2SkB7LPXaPWtm1kRAuPAWNim0kVOcf7Vatg7RQnBWlF3SIWSD8CMWEdtNo1G8oeM5cuPNQkET/42NfvqGaLJYVBNYH/h6E',
      'IeBCMRHEKDaUz1CkYp7J1qtxALJbDOaW1AoklvX/xtW3G9fLtyFirxLcoV034xr7GkaYwJvA52MfKgiTAn4eao7ynxiJ5CKForGE',
      'V0D/9Q7Yb5zt4kUxAc0X6X+wgUXjqiFAJqFyqqdPPAEFfu6DWLFeBmOZYpF4grcNkwwkarQb2yfsX5UEP5NKMPWXGLOn+RmnkzMd',
      'AcjbIlJc1yXJRvmi+4dZQ76bYrGNLYZEGkaseGF+MAn6ronEQSoiZgOROUWcx4sMqMoNL/tS6gz3YzMjnf6wH61n1qdQA8YEcGO1',
      'LLGGWkO3+675biluISFBJgaMycPusMKFk6G5hdnmMmxLTD/WXaPltZ13w5zAVbd0AOO4OKuDl1DhmkIkHcbAozDRGlrIUjT3c/HH',
      'GB8zrXrsy0Fg8yOUIMJIRaxcUcYugMLidxW9hYftNp2Wke4AtaNw7J/jjYBog3a6r11wUiIW4mb7urPFwvc+L3emyt7BpsZITMM3',
      'USPTJ9e4TnCW8KFEdq94z5rhZhMCAwEAAQ==',
    ),
  },
  {
    subject: 'CN=Microsoft Root Certificate Authority,DC=microsoft,DC=com',
    thumbprint: RootThumbprint.microsoft2001,
    file: 'Microsoft Root Certificate Authority',
    publicKeyInfo: rsaKey(
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA8136gGfUWqepDCyQINA1CDx1hM23B4mcidrezsNg+pFoWp6UcSkYdnzC',
      '4MgldpQOWPoENDbm36/3gLrpWAsrk+WdBeN3IpH3NGQ8IpEdXuEJkLwU/vx1WBnhebcHkqOuiFkI2J8HygNY/GgpbTLX0qjLS/zh',
      'C0gyT+bruK1P5FxvE5SZ25XVdduoGreUkbR3W/VIDI9qeX0UcAR9ba+Q9dpw2Ee3v5svbOcFt+ERYKx5kRR8xdam5OF+1cN+5ZLS',
      'PAC1NoLeeeFt87Vu+J8zyctSfXOYNtuLoWuilZebo97CTSb/BpZnJQbI56zk7hIzlTGZyDUITjTKeVPVtb5jMllANsClTgRNPdtb',
      'BzPkWL/vP1Nk2EJZNVf9D0V8JARNntY4dBGXIpDOaER0km/VS2+whuPHNkKg0PzBwFr5o2G5MEdxlgoWsJHAQpXvEH8oauMqH7Hk',
      'zQM/d3EExyD8SQ8dRYik18t+iK2OLexF28RRBMkq/OyGnpoRl1vezlOI5uK3/ayVwihA2+8EkN+BMznZskWlI4cGpVWJMbsGLWAO',
      'QRh9Hy61l8sR6xXVJKWU7xUUif1Lc/oyW/zRMwD5WWJwBzLqLqtALXvK3SFnGzCZjxaqI6hB0bBuEZs2xN5AdJzhWGXBYB56WzjI',
      'j7sEJnzUFkDltmtsqob9AL/OwTUCAwEAAQ==',
    ),
  },
  {
    subject: 'CN=Microsoft Code Verification Root,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US',
    thumbprint: RootThumbprint.codeVerification,
    file: 'Microsoft Code Verification Root',
    publicKeyInfo: rsaKey(
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAvXfJHH8VeDjFB0MhWvvkzDvGVTH8IYmxvOcBnPuQviARVXanTQLnsvQu',
      'je+yh0ZWykfOyMNj4wgDS5YGuXAiROZLe0Q/dbe4piuRCEHvSwdZ1qQZnfbLpLuOAmVNyt4PtJAi8bVrXCL2yvk4qigLBi08GY23',
      'NV+D7d1lc4RGkp9E4olKjNWYp2096BnLRK0YC+pcX3wLw5qTaETztr+XmTByPyhZ0HDIBVd49UqCNAokwXqwZKU6bhLVA2E4uw4t',
      '/YWc1kh1ahyyouiR+rfk9Txf/clArMegQvV02Lnb1/5zdxrgxLcJsQWabeNegDh1eFK2EtN5rkP3ZafRFmRphY94OriUv0USYlpN',
      'h0jW+Bm8WQEG9RrbYCmfAT9uc/n9gEXOldeK9pIMwXNALG2qMqbxfzD4kPGuRSe5tA4wAr3GDuw8jFu2NIXPFAsMUA2p4lmRLqgB',
      'OfQsFWMEgLhA32L3/rdME6gsqWYTOGL8QHBie3V31SuOG6WZ5bm3x63qAaAle1hGUlZUosmSK1gdSFHAH/43ANHiqxDCqVnpQplu',
      'j7UeR2Z0Hph2V1cEXr0vhZPVDgufLnsmZKeGEglQY+fRx45+DjsH57vkzRpA1Hq6BVlK1tDu3JZeIkonHEXj3tqy6dND/elvwMl9',
      'H/2fkJyGIAjMdNxApymzq1hla7ECAwEAAQ==',
    ),
  },
  {
    subject: 'CN=Microsoft Root Authority,OU=Microsoft Corporation,OU=Copyright (c) 1997 Microsoft Corp.',
    thumbprint: RootThumbprint.microsoft1997,
    file: 'Microsoft Root Authority',
    publicKeyInfo: rsaKey(
      'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqQK9wXDmO/JOGyifl3heMOqiqY0lX/j+lUyjt/6doiA+fFGim6KPYDJr',
      '0UJkee6sdslU2vLrnIYcj5+EZrPFa3piI9YdPN4PAZLolsS/LWaammgmmdA6LL8MtVgmwUbnCj44liypKDmo7EmDQuOED7uabFVh',
      'rIJ8oWAtd0zpmbRkO5pQHDEIJBSfqeeRKxjmPZhjFGBYBWWfHTdSh/en75QCxhvTv1VFs4mAvzrsVJROrv2nem10Tq8YzJYJKCEA',
      'V5BgaTe7SxIHPFb/W/ukZgoIptKBVlfvtjteFoF3BNr2vq6Alf6wzX/WpxpyXDzKvPAIoyIwswaFybMgdxOF3wIDAQAB',
    ),
  },
];

/** The root of what Microsoft signs that is no part of Windows. The kernel does not ask for it. */
export const MICROSOFT_2011: WindowsRoot = {
  subject: 'CN=Microsoft Root Certificate Authority 2011,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US',
  thumbprint: '8f43288ad272f3103b6fb1428485ea3014c0bcfe',
  file: 'Microsoft Root Certificate Authority 2011',
  publicKeyInfo: rsaKey(
    'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAsoBBqjU4TRNyMmgiTbiy8f/VUrxsx/XSSow27tHCXH6Miq6vEyhvwHPj',
    'Os7QJahaOm3vqLhZqxMjaM0MKYfRb4Bcj0R/XZABUlisUcVfKofc3NgKHcEDuXuwVuij3mRhwp7483y57A21VP5MtmVPiPCcSJkM',
    'QgsJfDFZF3kGeCiNiTpMAyW+cWpcC+eEYKSZIuPSr4Skp/vRmO0Mqd6UieEOoNzAzpk96ghSu1Z55B+Euh64tMRJXE8xS4fd3QVn',
    'JpmA4HERo7ilQeKkU7n3MimDDBO/Nl4Es0tDRy9r4pEe05hP3UIHyOgdEvyZqWs+kn7I1mk6/GS9tgmdyv0MC6Kbd2BLA5SkMGkS',
    '1kItwUFMytyq/Y9bg0aa2fyx0eOzyX9Ies0k8EGPXHTQrLAQIAZJt8ctIchX49CG8wNo+9DOccGJmUpkAWz97DCRz0E8ksfluoYd',
    'YYTHX4M5Yq60ki9H8wv4VeugH1nQu3SbHtB25vLpBtcQ6Ppk3mnGNZaIAvBGuD8nmW/LcYkpNfdIFgI1j9V5fE0Cz1/rioNPRXGI',
    '+akNTnLpwpwHz0kbTgQOY1GMXtgAwVUstsbgwmVOyTQ59ZyzxH7oYW4TXxXEX9l+7R3O7kTsyy6Gsew49nDtq1wTwdkPDceAslXt',
    'NPesm+TD2udHPKa1jzHfxUuv6/ECAwEAAQ==',
  ),
};

/** What a certificate that names one of these roots as its issuer claims, where the root's key is not known here. */
export const MICROSOFT_NAMES: Readonly<Record<string, 'microsoft' | 'cross-signing'>> = {
  'CN=Microsoft Root Certificate Authority 2010,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US': 'microsoft',
  'CN=Microsoft Root Certificate Authority,DC=microsoft,DC=com': 'microsoft',
  'CN=Microsoft Root Authority,OU=Microsoft Corporation,OU=Copyright (c) 1997 Microsoft Corp.': 'microsoft',
  'CN=Microsoft Code Verification Root,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US': 'cross-signing',
};
