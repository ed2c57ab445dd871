/** The processor architectures that winpv releases for, in winpv's own words. */
export const ARCHITECTURES = ['x64', 'x86', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** The same in the words of INF decorations: `NTamd64`, `SourceDisksFiles.amd64`. */
export type InfArchitecture = 'amd64' | 'x86' | 'arm64';

const INF_NAMES: Readonly<Record<Architecture, InfArchitecture>> = { x64: 'amd64', x86: 'x86', arm64: 'arm64' };

export const infArchitecture = (architecture: Architecture): InfArchitecture => INF_NAMES[architecture];
