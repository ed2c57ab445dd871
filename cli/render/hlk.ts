import { shownLine } from '../../core/spelling.ts';
import type { OpcVerdict } from '../../packaging/signing/opc-verify.ts';
import type { HlkPackage } from '../../publishing/hlk/package.ts';
import type { HlkProductInstance } from '../../publishing/hlk/package-info.ts';

/** A signature as the result shows it. */
export const shownSignature = ({ verdict, signatures }: OpcVerdict) => ({
  verdict,
  signatures: signatures.map(({ part, certificate, certificateIn, algorithm, signedAt, chain }) => ({
    ...{ part, certificateIn, algorithm: algorithm ?? null, signedAt: signedAt ?? null },
    ...{ subject: certificate?.subjectText ?? null, issuer: certificate?.issuerText ?? null },
    thumbprint: certificate?.thumbprint ?? null,
    ...{ chain: chain?.path ?? [], root: chain?.root ?? null },
  })),
});

/** A package as the result shows it. */
export const shownPackage = ({ file, kind, bytes, info, data, signature }: HlkPackage) => ({
  ...{ file, kind, bytes },
  ...{ type: info.type ?? null, kitVersion: info.kitVersion ?? null, created: info.created ?? null },
  ...{ packageVersion: info.packageVersion ?? null, buildBranch: info.buildBranch ?? null },
  projects: info.projects.map(({ name, created, rollup, instances }) => ({
    ...{ name, created: created ?? null, rollup: rollup ?? null, instances },
  })),
  data,
  signature: shownSignature(signature),
});

const instanceLines = ({ status, codes, productTypes, features, targets }: HlkProductInstance): readonly string[] => [
  `    ${codes.map(shownLine).join(', ') || 'no code'}: ${shownLine(status ?? 'no status')}`,
  `      product types  ${productTypes.map(shownLine).join(', ')}`,
  ...(features.length === 0 ? [] : [`      features       ${features.length}`]),
  ...targets.map(
    ({ key, drivers }) =>
      `      target         ${shownLine(key)}, ${drivers.length} driver${drivers.length === 1 ? '' : 's'}`,
  ),
];

export const packageLines = (hlk: HlkPackage): readonly string[] => {
  const { file, kind, info, signature, data } = hlk;
  return [
    `${file}: ${kind}, kit ${shownLine(info.kitVersion ?? 'not named')}, ${shownLine(info.type ?? 'no type')}`,
    ...signature.signatures.flatMap(({ certificate, algorithm, signedAt, chain }) => [
      `  signature  ${signature.verdict}: ${shownLine(certificate?.subjectText ?? 'no certificate')}, ${algorithm ?? 'unknown algorithm'}, ${shownLine(signedAt ?? 'no time')}`,
      ...(chain === undefined ? [] : [`  issued by  ${shownLine(chain.root.subject)} (${chain.root.standing})`]),
    ]),
    ...(signature.verdict === 'unsigned' ? ['  signature  none'] : []),
    ...data.map(({ kind: which, bytes }) => `  data       ${which}, ${bytes} bytes`),
    ...info.projects.flatMap(({ name, rollup, instances }) => [
      `  project    ${shownLine(name)}: ${rollup === undefined ? 'no results' : `${rollup.passed} passed, ${rollup.failed} failed, ${rollup.notRun} not run`}`,
      ...instances.flatMap(instanceLines),
    ]),
  ];
};
