import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { osFamilyOf, parseOsCode } from '../partner-center/os-codes.ts';
import { isProductType } from '../partner-center/product-types.ts';
import { type Evidence, type EvidenceRequest, evidenceOf, requiredSystems } from './evidence.ts';
import { architectureOf, isKnownCode, kitBuildOf, kitBuilds, sameCode } from './platforms.ts';

/** Whether every Windows of the release is among the evidence and nothing else is, each tested with its own kit. */
export const checkSystems = (request: EvidenceRequest): readonly Diagnostic[] => {
  const evidence = evidenceOf(request.packages);
  const required = requiredSystems(request);
  const missing = required.filter(({ accepts }) => !evidence.some(({ code }) => accepts(code)));
  const extra = evidence.filter(({ code }) => !required.some(({ accepts }) => accepts(code)));
  const [first] = request.packages;
  return [
    ...missing.map(({ name }) =>
      problem('HLK_SIGNATURE_MISSING', `Nothing shows that the tests passed on ${name}.`, {
        ...(request.packages.length === 1 && first !== undefined ? { at: { file: first.file } } : {}),
        hint: `There is evidence for ${evidence.map(({ code }) => shownText(code)).join(', ') || 'no Windows at all'}.`,
      }),
    ),
    ...extra.map(({ hlk, code }) =>
      problem('HLK_SIGNATURE_EXTRA', `There is evidence for ${shownText(code)}, which the release is not for.`, {
        at: { file: hlk.file },
        severity: request.signatures.length > 0 ? 'error' : 'warning',
      }),
    ),
    ...evidence.flatMap((one) => [...checkCode(one), ...checkKit(one), ...checkArchitecture(one, request)]),
    ...checkProductTypes(evidence, request),
  ];
};

const checkCode = ({ hlk, code }: Evidence): readonly Diagnostic[] =>
  isKnownCode(code)
    ? []
    : [
        problem('HLK_SIGNATURE_UNKNOWN', `${shownText(code)} is no code that is known.`, {
          at: { file: hlk.file },
          severity: 'warning',
        }),
      ];

/** Each release is tested with the kit of its own branch. */
const checkKit = ({ hlk, code }: Evidence): readonly Diagnostic[] => {
  const at = { file: hlk.file };
  const release = parseOsCode(code);
  const container = hlk.kind === 'hckx' ? release !== undefined : release === undefined && isKnownCode(code);
  if (container)
    return [
      problem('HLK_KIT', `${shownText(code)} cannot be submitted with a package of this kit (${hlk.kind}).`, {
        at,
        hint: 'Windows 10 and Server 2016 and later need an .hlkx, earlier ones an .hckx.',
      }),
    ];
  if (release === undefined) return [];
  const builds = kitBuilds(code);
  const build = kitBuildOf(hlk.info.kitVersion);
  if (builds === undefined || build === undefined) {
    const what =
      build === undefined ? 'The package does not say its kit' : `The kit for ${shownText(code)} is not known`;
    return [problem('HLK_KIT_UNKNOWN', `${what}.`, { at, severity: 'warning' })];
  }
  if (builds.includes(build)) return [];
  return [
    problem('HLK_KIT', `${shownText(code)} was tested with the kit ${build}; it needs ${builds.join(' or ')}.`, { at }),
  ];
};

const checkArchitecture = ({ hlk, code, instance }: Evidence, { release }: EvidenceRequest): readonly Diagnostic[] => {
  const arch = parseOsCode(code)?.arch;
  if (arch === undefined) return [];
  const at = { file: hlk.file };
  const said = architectureOf(instance.architecture);
  if (said !== undefined && said !== arch)
    return [problem('HLK_ARCHITECTURE', `${shownText(code)} was tested on ${said}.`, { at })];
  if (release.packages.some(({ architecture }) => architecture === arch)) return [];
  const message = `The package has results for ${arch}, which the release has no drivers for.`;
  return [problem('HLK_ARCHITECTURE', message, { at, severity: 'warning' })];
};

/** Product types by family: what the evidence has is what `selectedProductTypes` may say. */
const checkProductTypes = (evidence: readonly Evidence[], { productTypes }: EvidenceRequest): readonly Diagnostic[] => {
  if (productTypes === undefined) return [];
  return Object.entries(productTypes).flatMap(([family, planned]) => {
    const what = `"${shownText(planned)}", of ${shownText(family)}, is no product type that Microsoft lists.`;
    const unknown = isProductType(planned) ? [] : [problem('HLK_PRODUCT_TYPE', what, { severity: 'warning' })];
    const own = evidence.filter(({ code }) => sameCode(osFamilyOf(code) ?? '', family));
    const tested = new Set(own.flatMap(({ instance }) => instance.productTypes.map((type) => type.toLowerCase())));
    if (tested.size === 0 || tested.has(planned.toLowerCase())) return unknown;
    const message = `The plan says "${planned}" for ${family}; the tests were for ${[...tested].map(shownText).join(', ')}.`;
    return [...unknown, problem('HLK_PRODUCT_TYPE', message)];
  });
};
