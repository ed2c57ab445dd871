import { Command } from 'commander';
import { type Diagnostic, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { addKeyOptions, type KeyOptions, purposeOf, withSigner } from '../inputs/signing-options.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];
const separated = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
];

const CA_OPTION = 'an authority that the signer has to lead to, PEM or DER, with those between (repeatable)';

/** The outcome of a check: the first error leads. */
const judged = (result: unknown, text: readonly string[], found: readonly Diagnostic[]): Outcome => {
  const failure = found.find(({ severity }) => severity === 'error');
  if (failure === undefined) return { result, text, diagnostics: found };
  return { result, text, failure, diagnostics: found.filter((one) => one !== failure) };
};

interface ShowOptions {
  readonly ca?: readonly string[];
}

const show = async ({ io }: Context, path: string, options: ShowOptions): Promise<Outcome> => {
  const { readPackages, readTrust } = await import('../inputs/hlk-inputs.ts');
  const { packageLines, shownPackage } = await import('../render/hlk.ts');
  const [hlk] = await readPackages(io, [path], await readTrust(io, options.ca));
  if (hlk === undefined) return { result: null, text: [] };
  const found = [...hlk.diagnostics, ...hlk.signature.diagnostics];
  return judged(shownPackage(hlk), packageLines(hlk), found);
};

interface CheckOptions {
  readonly release: string;
  readonly brand: string;
  readonly arch?: string;
  readonly signatures?: readonly string[];
  readonly productType?: readonly string[];
  readonly playlist?: readonly string[];
  readonly results?: readonly string[];
  readonly errata?: readonly string[];
  readonly filters?: readonly string[];
  readonly cert?: readonly string[];
  readonly ca?: readonly string[];
  readonly unsignedOk?: true;
}

/** `Windows_v100_GE=Unclassified` */
const productTypes = (pairs: readonly string[] | undefined): Readonly<Record<string, string>> | undefined => {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, family, type] = /^([^=\s]+)=(.+)$/.exec(pair) ?? [];
      if (family !== undefined && type !== undefined) return [family, type] as const;
      throw new WinpvError('USAGE', '--product-type takes FAMILY=TYPE.', {
        hint: 'For example Windows_v100_GE=Unclassified.',
      });
    }),
  );
};

const check = async ({ io }: Context, paths: readonly string[], options: CheckOptions): Promise<Outcome> => {
  const inputs = await import('../inputs/hlk-inputs.ts');
  const { checkEvidence } = await import('../../publishing/hlk/gate.ts');
  const { requiredSystems } = await import('../../publishing/hlk/evidence.ts');
  const { retryLedger } = await import('../../publishing/hlk/results.ts');
  const { packageLines, shownPackage } = await import('../render/hlk.ts');
  const { brand, arch: architecture, signatures = [] } = options;
  const release = await inputs.readRelease(io, options.release, { brand, architecture });
  const packages = await inputs.readPackages(io, paths, await inputs.readTrust(io, options.ca));
  const results = await inputs.readResults(io, options.results ?? []);
  const request = {
    ...{ packages, release, signatures, results },
    productTypes: productTypes(options.productType),
    unsigned: options.unsignedOk === true ? ('allowed' as const) : ('refused' as const),
    thumbprints: await inputs.readThumbprints(io, options.cert ?? []),
    playlists: await inputs.readPlaylists(io, options.playlist ?? []),
    errata: await inputs.readErrata(io, options.errata ?? []),
    filters: await inputs.readFilters(io, options.filters ?? []),
    nowMs: io.clock.now(),
  };
  const found = checkEvidence(request);
  const covered = found.every(({ severity }) => severity !== 'error');
  const result = {
    verdict: covered ? 'pass' : 'fail',
    ...{ brand, required: requiredSystems(request).map(({ name }) => name) },
    packages: packages.map(shownPackage),
    retries: retryLedger(results),
  };
  const verdict = covered
    ? `The evidence covers the release of ${brand}.`
    : `The evidence does not cover the release of ${brand}.`;
  return judged(result, [...packages.flatMap(packageLines), verdict], found);
};

interface SignOptions extends KeyOptions {
  readonly out: string;
  readonly replace?: true;
}

const sign = async ({ io }: Context, path: string, options: SignOptions): Promise<Outcome> => {
  const { signOpc } = await import('../../packaging/signing/opc-sign.ts');
  const { checkFitness } = await import('../../packaging/signing/fitness.ts');
  const { readHlkPackage } = await import('../../publishing/hlk/package.ts');
  const bytes = await io.files.read(path);
  const nowMs = io.clock.now();
  readHlkPackage(bytes, path, nowMs);
  const existing = options.replace === true ? 'replace' : 'refuse';
  return withSigner(io, options, async (signer) => {
    const certificates = await signer.certificates();
    const fitness = checkFitness({ certificates, kinds: new Set(), nowMs, purpose: purposeOf(options) });
    const diagnostics = stopOnErrors(fitness);
    const signed = await signOpc(bytes, path, { signer, signedAtMs: nowMs, existing });
    // Read back from its bytes before it is written: what comes after cannot be undone by the service.
    const { signature } = readHlkPackage(signed, options.out, nowMs);
    const faults = signature.diagnostics.filter(({ severity }) => severity === 'error');
    if (signature.verdict !== 'valid') throw WinpvError.of(faults);
    await io.files.write(options.out, signed);
    const { shownSignature } = await import('../render/hlk.ts');
    const [first] = signature.signatures;
    const result = { path: options.out, bytes: signed.length, signature: shownSignature(signature) };
    return { result, text: [`${options.out}: signed by ${first?.certificate?.subjectText ?? ''}`], diagnostics };
  });
};

const signCommand = (bind: Bind): Command =>
  addKeyOptions(
    new Command('sign')
      .summary('sign a package')
      .description(
        'Signs a package as Partner Center takes it: RSA with SHA-256 over every part and relationship, the certificate in a part of its own. What is inside stays as it is. A merged package is signed after merging. The result is verified before it is written.',
      )
      .argument('<package>', 'an .hlkx or .hckx')
      .requiredOption('--out <file>', 'where to write the signed package')
      .option('--replace', 'replace a signature that is there'),
  )
    .addHelpText(
      'after',
      examples(
        'winpv hlk sign acme.hlkx --out acme-signed.hlkx --pfx signer.p12 --passin env:PFX_PASSWORD',
        'winpv hlk sign acme.hlkx --out signed.hlkx --pkcs11 libsofthsm2.so --key-uri "pkcs11:object=signer" --pin env:PIN --cert leaf.pem',
      ),
    )
    .action(bind(sign));

const checkCommand = (bind: Bind): Command =>
  new Command('check')
    .summary('hold test evidence against a release')
    .description(
      'Checks that the packages cover every Windows and driver of the release, were made with the right kits, are for devices of the brand, and that nothing failed or did not run without a named erratum. Changes nothing; exit 5 when the evidence does not do.',
    )
    .argument('<package...>', '.hlkx or .hckx files')
    .requiredOption('--release <folder>', 'a release that winpv made')
    .requiredOption('--brand <id>', 'a brand of the release')
    .option('--arch <arch>', 'only packages of this architecture: x64, x86 or arm64')
    .option('--signatures <codes>', 'the OS codes that will be asked for, separated by commas', separated)
    .option('--product-type <family=type>', 'a product type of the plan, by OS family (repeatable)', collect)
    .option('--playlist <file>', 'a playlist of the kit (repeatable)', collect)
    .option('--results <path>', 'an output folder of AutoHCK, or JSON of toolsHCK (repeatable)', collect)
    .option('--errata <file>', 'errata that Microsoft gave, with their ids: YAML or JSON (repeatable)', collect)
    .option('--filters <file>', 'a set of filters: the cabinet, or UpdateFilters.sql (repeatable)', collect)
    .option('--cert <file>', 'a certificate that is registered with the account (repeatable)', collect)
    .option('--ca <file>', CA_OPTION, collect)
    .option('--unsigned-ok', 'take packages that are not signed yet')
    .addHelpText(
      'after',
      examples(
        'winpv hlk check acme.hlkx --release dist --brand acme --arch x64 --signatures WINDOWS_v100_X64_GE_FULL',
        'winpv hlk check acme.hlkx --release dist --brand acme --results autohck/ --errata errata.yaml --unsigned-ok',
      ),
    )
    .action(bind(check));

export const hlkCommand = (bind: Bind): Command => {
  const command = new Command('hlk').description('Test evidence for Partner Center, without Windows.');
  command
    .command('show')
    .summary('show what a package says, and who signed it')
    .description(
      'Reads an .hlkx or .hckx and verifies its signature over every part. Changes nothing; exit 5 when the signature is not valid.',
    )
    .argument('<package>', 'an .hlkx or .hckx')
    .option('--ca <file>', CA_OPTION, collect)
    .addHelpText('after', examples('winpv hlk show acme.hlkx', 'winpv hlk show acme.hlkx --json'))
    .action(bind(show));
  command.addCommand(checkCommand(bind));
  command.addCommand(signCommand(bind));
  return command;
};
