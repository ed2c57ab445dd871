import type { CodesOf, Explanation } from './contract.ts';

/** Keys, tokens, clouds and signatures that are made. */
export const SIGNING_TEXTS: Readonly<Record<CodesOf<'SIGN' | 'KEYS'>, Explanation>> = {
  SIGN_KEY_UNREADABLE: [
    'The file is no PEM key and no PKCS#12 container, or one of the test keys is gone.',
    'Name the right file; a PEM key begins with -----BEGIN … PRIVATE KEY-----.',
  ],
  SIGN_KEY_PASSWORD: [
    'The key is encrypted, and the password is missing or does not open it.',
    'Give it with --passin env:NAME, file:PATH or stdin.',
  ],
  SIGN_KEY_UNSUPPORTED: [
    'Windows takes RSA, and EC keys on P-256 and P-384; some formats take RSA only.',
    'Sign with an RSA key.',
  ],
  SIGN_CERTIFICATE_UNREADABLE: [
    'The file holds no X.509 certificate in PEM or DER.',
    'Give certificates as PEM, or one as DER.',
  ],
  SIGN_CERTIFICATE_MISSING: [
    'None of the given certificates has the public key of the private one.',
    'Name the certificate that was issued for the key with --cert.',
  ],
  SIGN_FAILED: [
    'The key is there and gave an error when it was used.',
    'Run `winpv doctor`, which signs a nonce with every key.',
  ],
  SIGN_SELF_CHECK: [
    'winpv verifies each signature before it writes it, and this one does not fit the certificate. Nothing was written.',
    'Name the certificate of this very key; a renewed key needs its new one.',
  ],
  SIGN_CERTIFICATE_NOT_PINNED: [
    'The project pins a certificate, and the key has another. Nothing was signed.',
    'Name another key, or the pin of the certificate that is meant.',
  ],
  SIGN_COMMAND_INVALID: [
    'A quote is open, the command is empty, or it does not say where the file goes.',
    'Write it as for a shell, with {file}, or {in} and {out}.',
  ],
  SIGN_COMMAND_FAILED: [
    'The program ended with another exit code than 0; what it said is shown.',
    'Run it by hand with the same arguments.',
  ],
  SIGN_COMMAND_ANSWER: [
    'What came on standard output is no signature of the certificate’s key.',
    'Let it write the signature alone: octets, hex or base64.',
  ],
  SIGN_FILE_CHANGED: [
    'A signing tool may add a signature and nothing else. The file was left as it was.',
    'Find out what the tool changes; a wrong file may have been given back.',
  ],
  SIGN_FILE_NOT_SIGNED: [
    'The tool ended well, but the file has no new signature, or a broken one. The file was left as it was.',
    'Check the arguments of the tool, above all {out}.',
  ],
  SIGN_KEY_URI: [
    'The address does not follow RFC 7512, or nothing names the PKCS#11 module.',
    'Write pkcs11:token=…;object=…?module-path=….',
  ],
  SIGN_TOKEN_MODULE: [
    'The library cannot be loaded, or winpv was installed without PKCS#11.',
    'Name the library of the vendor of the token; for the second, `npm rebuild pkcs11js` with a C++ compiler.',
  ],
  SIGN_TOKEN_NOT_FOUND: [
    'No slot has a token with the label, serial or maker of the address, or several have.',
    'Plug it in, or describe it so that one fits; the message lists those that are there.',
  ],
  SIGN_TOKEN_KEY: [
    'No private key of the token has this label or id, several have, or the key may not sign.',
    'Name the key so that one fits.',
  ],
  SIGN_TOKEN_PIN: [
    'The PIN is wrong, locked, not set or to be changed. winpv does not try a last attempt that would lock the token.',
    'Set or unlock it with the tool of the vendor of the token.',
  ],
  SIGN_TOKEN_LOST: [
    'The token was pulled or its server went away during the work.',
    'Plug it in and start again; what was written is whole.',
  ],
  SIGN_TOKEN_FAILED: [
    'The module answered with an error code, which is shown.',
    'Look it up in the manual of the token.',
  ],
  SIGN_URL_INVALID: [
    'The address has a user name, query, other scheme or characters that are not ASCII.',
    'Give a plain https:// address.',
  ],
  SIGN_CLOUD_AUTH: [
    'The access token is missing, wrong or has run out, or no identity could be had.',
    'Get a new one: docs/guide/cloud-keys.md says where each service takes it from.',
  ],
  SIGN_CLOUD_FORBIDDEN: [
    'The identity is known and lacks the right to sign with this key.',
    'Give it the signing role on the key or profile.',
  ],
  SIGN_CLOUD_KEY: [
    'The service does not know the name, or it lacks a part such as version or profile.',
    'Check --cloud-url and --key-name.',
  ],
  SIGN_CLOUD_THROTTLED: [
    'The service limits requests, and waiting did not help. Nothing was signed.',
    'Wait some minutes, or sign fewer files at once.',
  ],
  SIGN_CLOUD_FAILED: [
    'The service answered with a server error again and again. Nothing was signed.',
    'Start again later.',
  ],
  SIGN_CLOUD_REFUSED: [
    'The service does not take this request: mostly a hash or key type that the key does not allow.',
    'Read its reason in the message, and correct what it names.',
  ],
  SIGN_CLOUD_ANSWER: [
    'The answer has no signature, or is no JSON of the service.',
    'Check that --cloud-url is the service itself, and no proxy or sign-in page.',
  ],
  SIGN_CLOUD_UNREACHABLE: [
    'No connection to the service, or it did not finish in time. Nothing was signed.',
    'Check network and proxy, and start again.',
  ],
  SIGN_CHAIN_INCOMPLETE: [
    'Signatures would carry no issuer certificates, and Windows does not fetch them for drivers.',
    'Add the certificates between yours and the root to the file of --cert.',
  ],
  SIGN_ROOT_UNKNOWN: [
    'The chain ends at a root that is none of those Windows ships.',
    'For production, use a certificate of a public authority; otherwise write `testSigning: true`.',
  ],
  SIGN_CERTIFICATE_EXPIRING: [
    'Signatures with a time stamp stay valid; new ones cannot be made after the end.',
    'Renew the certificate, and register it with Partner Center.',
  ],
  SIGN_TIMESTAMP_NEEDED: [
    'Certificates of this service live for days only.',
    'Leave out --no-timestamp, and give --timestamp URL.',
  ],
  SIGN_ALREADY_SIGNED: [
    'The file has a signature, and nothing says what is to become of it.',
    'Choose --append, --replace or --if-unsigned where the command has them.',
  ],
  SIGN_NOT_SIGNABLE: [
    'The certificate table of the image is damaged, or of a form that a signature cannot be added to.',
    'Take the file from the build again, or `winpv pe strip` it.',
  ],
  SIGN_PREPARED_DIFFERS: [
    'Between `sign --prepare` and `--attach` a file, option or certificate changed.',
    'Prepare again with the files as they are now.',
  ],
  SIGN_ATTACH_INCOMPLETE: [
    'An item has no `signature`, or one that the certificate does not confirm.',
    'Fill it in base64: PKCS#1 v1.5 for RSA; DER or r and s for EC keys.',
  ],
  SIGN_SIGNATURE_UNREADABLE: [
    'The file is no PKCS #7 in DER or PEM.',
    'Give one signature, as `winpv signature extract` writes it.',
  ],
  SIGN_NOT_FOR_FILE: [
    'The hash in the signature is of another file. Nothing was written.',
    'Attach it to the very file that was signed.',
  ],
  SIGN_NOT_SIGNED: [
    'There is no signature in the file, or none with this number.',
    'See `winpv verify FILE` for what is there.',
  ],
  SIGN_FORMAT_UNKNOWN: [
    'Signatures are put into PE images, cabinets and catalogs.',
    'Other files, INFs too, are signed by a catalog that lists them.',
  ],
  SIGN_EC_CATALOG: [
    'The kernel does not accept EC signatures on catalogs, whatever user-mode tools say.',
    'Sign catalogs with RSA, 2048 bits or more.',
  ],
  SIGN_CERTIFICATE_UNFIT: [
    'The certificate is expired, not yet valid, or its usages or issuers forbid code signing.',
    'Have it issued anew for code signing.',
  ],
  SIGN_KEY_PUBLIC: [
    'The private key is published, for example in a repository. A signature with it proves nothing.',
    'Make a key of your own, for tests too: `winpv cert create`.',
  ],
  SIGN_KEY_TEST: [
    'Only machines that were told to trust the root load what it signed.',
    'For test machines add --test-signing; otherwise sign with a certificate that was issued to you.',
  ],
  SIGN_KEY_WEAK: [
    'Windows and Partner Center take RSA keys of 2048 to 4096 bits with a usual exponent.',
    'Make a key of 3072 or 4096 bits.',
  ],
  SIGN_NO_TIMESTAMP_CHOICE: [
    'Without a time stamp a signature ends with its certificate, so it is not left out in silence.',
    'Give --timestamp URL, or --no-timestamp.',
  ],
  SIGN_PASSWORD_SOURCE: [
    'The variable is not set, the file is not there, or the password is empty. Passwords are not taken from the command line.',
    'Write env:NAME, file:PATH or stdin.',
  ],
  KEYS_MADE: [
    'A note: the project had no test keys. Machines have to be told to trust the new root.',
    'Keep the folder, and give it to every machine that builds the project.',
  ],
  KEYS_INCOMPLETE: [
    'One of the files of the test hierarchy is gone.',
    'Put it back, or delete the folder: new keys are made, and machines have to trust the new root.',
  ],
};

/** Time-stamp servers and what they answer. */
export const TIMESTAMP_TEXTS: Readonly<Record<CodesOf<'TS'>, Explanation>> = {
  TS_SERVER_INVALID: [
    'The address is not http or https, or has a password in it.',
    'Write it like http://timestamp.example.com.',
  ],
  TS_ALL_FAILED: [
    'Every server of the list was tried; the reason of each is listed below.',
    'Try again later, or name other servers with --timestamp.',
  ],
  TS_UNREACHABLE: ['No connection to the server.', 'Check network and proxy; name a second server to fall back on.'],
  TS_TIMEOUT: ['The server took the request and did not answer in time.', 'Try again, or name a second server.'],
  TS_HTTP_STATUS: [
    'The server refused the request at the HTTP level; perhaps it speaks the other protocol.',
    'Check the address, and the protocol: docs/guide/timestamps.md.',
  ],
  TS_REDIRECT: ['Redirects are followed three times at most.', 'Name the address where the server is now.'],
  TS_TOO_LARGE: ['A time stamp is some kilobytes; this is a page or a file.', 'Check the address.'],
  TS_MALFORMED: [
    'The answer is no TimeStampResp of RFC 3161, or says yes and brings no stamp.',
    'Check the address; name another server if it stays.',
  ],
  TS_REJECTED: [
    'The server answered that it will not stamp; its reason is shown.',
    'Name another server, or the other protocol (--timestamp-protocol).',
  ],
  TS_NONCE_WRONG: [
    'The random number of the request is not in the answer: an old answer, or one for somebody else.',
    'Try again; a cache in between may be at fault.',
  ],
  TS_IMPRINT_WRONG: ['The hash in the stamp is not that of the signature.', 'Try another server; do not use this one.'],
  TS_TOKEN_INVALID: [
    'The stamp’s own signature does not hold, or it lacks a certificate or a time.',
    'Try another server.',
  ],
  TS_TIME_WRONG: [
    'The stated time is far from the clock of this machine.',
    'Look which of the two is wrong: `winpv doctor`.',
  ],
  TS_AUTHORITY_UNSUITABLE: [
    'The certificate is expired, weak, or not for time stamping alone, so that Windows would not count the stamp.',
    'Name another server.',
  ],
  TS_AUTHORITY_UNTRUSTED: [
    'The chain of the stamp does not lead to the certificate that --timestamp-ca names.',
    'Name the right authority, or another server.',
  ],
  TS_AUTHORITY_UNCHECKED: [
    'The stamp is well formed; whether its maker is to be trusted was not said.',
    'Name the certificate of the authority with --timestamp-ca.',
  ],
  TS_NOT_SIGNED: ['A time stamp is of a signature, and the file has none.', 'Sign the file first: `winpv sign`.'],
};
