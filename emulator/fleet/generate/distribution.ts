import { z } from 'zod';
import { ARCHITECTURES } from '../../../core/architecture.ts';
import { parseDate } from '../../../core/date.ts';
import { parseVersion } from '../../../core/version.ts';
import { KNOWN_RELEASES } from '../../history/releases.ts';

/** Shares count against each other: 2 is twice as many as 1. */
const share = z.number().positive().max(1e9);
const LABELS: readonly string[] = KNOWN_RELEASES.map(({ label }) => label);

const release = z.string().refine((label) => LABELS.includes(label), 'is no release that winpv knows');
const version = z.string().refine((text) => parseVersion(text) !== undefined, 'has to be four numbers');
const date = z.string().refine((text) => parseDate(text) !== undefined, 'has to be a day, YYYY-MM-DD');

const windowsRow = z.strictObject({
  /** `10.0.19045` */
  os: z.string().regex(/^\d{1,2}\.\d\.\d{4,6}$/, 'has to be major.minor.build'),
  arch: z.enum(ARCHITECTURES),
  type: z.enum(['workstation', 'server', 'dc']),
  share,
});

const stackRow = z.strictObject({
  /** The known release that the machine's drivers behave like; null for none at all. */
  like: release.nullable(),
  provider: z.string().min(1).max(256).optional(),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9]{1,8}$/)
    .optional(),
  /** What the drivers say of themselves, where that is not what the known release says. */
  version: version.optional(),
  date: date.optional(),
  share,
});

const platformRow = z.strictObject({
  platform: z.enum(['0001', '0002']),
  /** A function of a vendor beside it. */
  vendorDevice: z
    .string()
    .regex(/^C[012][0-9A-F]{2}$/)
    .optional(),
  /** Which of the two the installed drivers drive; the platform's when not given. */
  boundTo: z.enum(['platform', 'vendor-device']).optional(),
  share,
});

const rows = <S extends z.ZodType>(row: S) => z.array(row).min(1).max(1000);

/** What the machines of a fleet are like: a list for each trait, and how frequent each of it is. */
export const distributionSchema = z.strictObject({
  formatVersion: z.literal(1),
  windows: rows(windowsRow),
  stacks: rows(stackRow),
  platforms: rows(platformRow),
  nics: rows(z.strictObject({ count: z.number().int().min(0).max(7), share })),
  /** Value of `TargetRing` (spec windows-update 5.2), or an Insider ring; null for none. */
  rings: rows(z.strictObject({ ring: z.string().min(1).max(64).nullable(), share })),
  policies: rows(z.strictObject({ excludeDrivers: z.boolean(), share })),
});

export type FleetDistribution = z.output<typeof distributionSchema>;

/** Windows as Xen pools have it: many servers, few clients, little that is 32-bit. Our choice, not a count. */
const WINDOWS: FleetDistribution['windows'] = [
  { os: '10.0.14393', arch: 'x64', type: 'server', share: 12 },
  { os: '10.0.17763', arch: 'x64', type: 'server', share: 24 },
  { os: '10.0.20348', arch: 'x64', type: 'server', share: 22 },
  { os: '10.0.26100', arch: 'x64', type: 'server', share: 5 },
  { os: '10.0.17763', arch: 'x64', type: 'dc', share: 2 },
  { os: '10.0.20348', arch: 'x64', type: 'dc', share: 2 },
  { os: '6.3.9600', arch: 'x64', type: 'server', share: 4 },
  { os: '6.1.7601', arch: 'x64', type: 'server', share: 2 },
  { os: '6.1.7601', arch: 'x64', type: 'workstation', share: 1 },
  { os: '10.0.14393', arch: 'x64', type: 'workstation', share: 1 },
  { os: '10.0.17763', arch: 'x64', type: 'workstation', share: 3 },
  { os: '10.0.19044', arch: 'x64', type: 'workstation', share: 3 },
  { os: '10.0.19045', arch: 'x64', type: 'workstation', share: 10 },
  { os: '10.0.19045', arch: 'x86', type: 'workstation', share: 1 },
  { os: '10.0.22621', arch: 'x64', type: 'workstation', share: 3 },
  { os: '10.0.22631', arch: 'x64', type: 'workstation', share: 3 },
  { os: '10.0.26100', arch: 'x64', type: 'workstation', share: 2 },
];

const CITRIX = { provider: 'Citrix Systems Inc.', prefix: 'XS' };
const XCP_NG = { provider: 'XCP-ng', prefix: 'XN' };
const UPSTREAM = { provider: 'Xen Project', prefix: 'XP' };

/** Drivers of the three families in their ages. Our choice, not a count. */
const STACKS: FleetDistribution['stacks'] = [
  { like: null, share: 15 },
  { like: 'master@2015-12-31', ...CITRIX, share: 2 },
  { like: '8.2.1', ...CITRIX, share: 6 },
  { like: 'master@2019-12-31', ...CITRIX, share: 8 },
  { like: 'master@2021-06-30', ...CITRIX, share: 6 },
  { like: 'master@2023-12-31', ...CITRIX, version: '9.3.3.92', date: '2023-12-20', share: 7 },
  { like: 'master@2025-07-31', ...CITRIX, version: '9.4.1.20', date: '2025-08-12', share: 9 },
  { like: 'xcp-ng/xcp-ng-8.2.2', ...XCP_NG, share: 10 },
  { like: 'xcp-ng v9.0.9030', ...XCP_NG, share: 6 },
  { like: 'xcp-ng v9.0.9065', ...XCP_NG, share: 9 },
  { like: 'xcp-ng v9.1.100', ...XCP_NG, share: 5 },
  { like: '8.2.1', ...UPSTREAM, share: 5 },
  { like: 'master@2020-12-31', ...UPSTREAM, share: 3 },
  { like: 'master@2023-08-31', ...UPSTREAM, share: 4 },
  { like: 'master@2025-07-31', ...UPSTREAM, share: 3 },
  { like: 'master@2025-12-31', ...UPSTREAM, share: 2 },
];

/** Used when no other is given. */
export const DEFAULT_DISTRIBUTION: FleetDistribution = {
  formatVersion: 1,
  windows: WINDOWS,
  stacks: STACKS,
  platforms: [
    { platform: '0001', share: 55 },
    { platform: '0002', share: 15 },
    { platform: '0001', vendorDevice: 'C000', share: 18 },
    { platform: '0002', vendorDevice: 'C000', share: 4 },
    { platform: '0001', vendorDevice: 'C000', boundTo: 'vendor-device', share: 8 },
  ],
  nics: [
    { count: 1, share: 78 },
    { count: 2, share: 17 },
    { count: 3, share: 4 },
    { count: 0, share: 1 },
  ],
  rings: [
    { ring: null, share: 97 },
    { ring: 'Drivers', share: 3 },
  ],
  policies: [
    { excludeDrivers: false, share: 88 },
    { excludeDrivers: true, share: 12 },
  ],
};
