import type { FourPartVersion } from '../../core/version.ts';

/** Who built a release: upstream, or XCP-ng in its two generations. */
export type ReleaseBrand = 'upstream' | 'xcp-ng-2018' | 'xcp-ng-9';

/** One driver of a release. */
export interface KnownBuild {
  readonly driver: string;
  /** Seven digits. */
  readonly commit: string;
  /** Day of the commit, `2015-12-17`. */
  readonly built: string;
}

/** A release, or what upstream's master was at the end of a year, of which winpv knows how it behaves. */
export interface KnownRelease {
  /** As the register names it: `8.2.1`, `master@2019-12-31`. */
  readonly label: string;
  readonly brand: ReleaseBrand;
  readonly builds: readonly KnownBuild[];
  /** Major, minor and micro number. */
  readonly version: readonly [major: number, minor: number, micro: number];
  /** `master`, `8.1`, `8.2`, or `xcp-ng` for its own changes of master. */
  readonly line: string;
}

const XCP_NG_9 = /^xcp-ng v(\d+)\.(\d+)\.(\d+)/;
const TAG = /^(8)\.([12])\.(\d)$/;

/** Days on which master took another major or minor number (spec xen-pv, conventions). */
const NUMBERED: readonly (readonly [since: string, version: KnownRelease['version']])[] = [
  ['2023-09-13', [9, 1, 0]],
  ['2016-12-12', [9, 0, 0]],
  ['2015-09-08', [8, 2, 0]],
  ['2014-07-24', [8, 0, 0]],
  ['', [7, 0, 0]],
];

const versionOf = (label: string, brand: ReleaseBrand, built: string): KnownRelease['version'] => {
  const [, major, minor, micro] = XCP_NG_9.exec(label) ?? TAG.exec(label) ?? [];
  if (major !== undefined) return [Number(major), Number(minor), Number(micro)];
  if (brand === 'xcp-ng-2018') return label.endsWith('8.2.2') ? [8, 2, 2] : [8, 2, 1];
  return NUMBERED.find(([since]) => since <= built)?.[1] ?? [7, 0, 0];
};

const lineOf = (label: string, brand: ReleaseBrand): string => {
  if (brand === 'xcp-ng-9') return 'xcp-ng';
  if (brand === 'xcp-ng-2018') return '8.2';
  return TAG.test(label) ? label.slice(0, 3) : 'master';
};

/** `xenbus 7864897 2013-12-19, xenvbd 7668231 2013-12-09` */
const release = (label: string, brand: ReleaseBrand, ...rows: readonly string[]): KnownRelease => {
  const builds = rows
    .flatMap((row) => row.split(', '))
    .map((text) => {
      const [driver = '', commit = '', built = ''] = text.split(' ');
      return { driver, commit, built };
    });
  const [newest = ''] = builds.map(({ built }) => built).sort((a, b) => b.localeCompare(a));
  return { label, brand, builds, version: versionOf(label, brand, newest), line: lineOf(label, brand) };
};

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2013, 0, 1);

/** The version of one build: build numbers of different days differ, as those of a counter do. */
export const buildVersion = ({ version }: KnownRelease, { built }: KnownBuild): FourPartVersion => [
  ...version,
  Math.round((Date.parse(`${built}T00:00:00Z`) - FIRST_DAY_MS) / DAY_MS),
];

/** All of them, in the order of the register (spec xen-pv 2.3, 2.5): upstream's year by year, tags, XCP-ng's, the head. */
export const KNOWN_RELEASES: readonly KnownRelease[] = [
  release(
    'master@2013-12-31',
    'upstream',
    'xenbus 7864897 2013-12-19, xenvbd 7668231 2013-12-09, xenvif 3f68668 2013-12-23, xennet 92576b9 2013-12-23',
    'xeniface f1873c1 2013-12-13',
  ),
  release(
    'master@2014-08-31',
    'upstream',
    'xenbus beaf1a6 2014-08-14, xenvbd ff42cf6 2014-08-15, xenvif 7d4ab27 2014-08-14, xennet 634d81b 2014-08-14',
    'xeniface fdf7afe 2014-08-15',
  ),
  release(
    'master@2014-12-31',
    'upstream',
    'xenbus 990b113 2014-12-19, xenvbd 0305ef8 2014-12-19, xenvif 972ba38 2014-12-22, xennet e48058d 2014-12-22',
    'xeniface 3d7d64a 2014-12-19',
  ),
  release(
    'master@2015-04-30',
    'upstream',
    'xenbus 08def99 2015-04-02, xenvbd e72b2f1 2015-03-12, xenvif cb86986 2015-04-21, xennet 3f5f72b 2015-03-24',
    'xeniface 30b088a 2015-03-12',
  ),
  release(
    'master@2015-07-14',
    'upstream',
    'xenbus 632cc90 2015-07-14, xenvbd cdbad5e 2015-07-10, xenvif 0e7639a 2015-07-14, xennet 131bc22 2015-07-08',
    'xeniface 31bceb1 2015-07-08',
  ),
  release(
    'master@2015-12-31',
    'upstream',
    'xenbus 9662c2e 2015-12-17, xenvbd ad7fa72 2015-12-10, xenvif 295280f 2015-12-10, xennet 15b47ce 2015-12-10',
    'xeniface 2eef90a 2015-12-10',
  ),
  release(
    'master@2016-12-31',
    'upstream',
    'xenbus 5c0679f 2016-12-14, xenvbd 6f8a802 2016-12-16, xenvif abdac00 2016-12-15, xennet e9fc975 2016-12-14',
    'xeniface 3a36826 2016-12-14',
  ),
  release(
    'master@2017-12-31',
    'upstream',
    'xenbus d8cbe9f 2017-12-20, xenvbd 77c972c 2017-10-23, xenvif dfaa68c 2017-11-03, xennet 3a5bf0a 2017-05-24',
    'xeniface dd061fd 2017-11-03, xenvkbd 0976a22 2017-08-03, xenhid f93364e 2017-06-02, xencons 7fab255 2017-09-11',
  ),
  release(
    'master@2018-12-31',
    'upstream',
    'xenbus caf3536 2018-12-20, xenvbd 9f7f8b2 2018-09-26, xenvif 97a3554 2018-12-20, xennet 3bbf93f 2018-11-02',
    'xeniface 54d0ab3 2018-10-23, xenvkbd 03f22e8 2018-12-20, xenhid f9296c9 2018-08-24, xencons b450949 2018-11-08',
  ),
  release(
    'master@2019-12-31',
    'upstream',
    'xenbus eb31daa 2019-12-06, xenvbd ff1d84d 2019-12-06, xenvif 3247aee 2019-12-06, xennet 55008e0 2019-12-06',
    'xeniface 17f975e 2019-12-06, xenvkbd 3492d36 2019-12-06, xenhid f229141 2019-12-06, xencons 6519b57 2019-12-06',
  ),
  release(
    'master@2020-12-31',
    'upstream',
    'xenbus 816688e 2020-12-17, xenvbd 7ab5a05 2020-12-17, xenvif be71f1a 2020-12-01, xennet a7cfec7 2020-11-10',
    'xeniface 4f21574 2020-11-10, xenvkbd d16d1c6 2020-11-10, xenhid 733d2b7 2020-11-10, xencons 132cd44 2020-11-10',
  ),
  release(
    'master@2021-06-30',
    'upstream',
    'xenbus 7fa9c09 2021-06-30, xenvbd 0ece740 2021-06-21, xenvif 17db61b 2021-03-09, xennet 99ae354 2021-03-09',
    'xeniface fd535fd 2021-03-09, xenvkbd ab76c70 2021-03-09, xenhid 48b607f 2021-03-09, xencons 10ce737 2021-03-09',
  ),
  release(
    'master@2023-08-31',
    'upstream',
    'xenbus 4b36530 2023-07-12, xenvbd 0ce33b0 2023-05-22, xenvif 50687fa 2023-06-07, xennet 47364ac 2023-05-22',
    'xeniface 7e721c7 2023-05-22, xenvkbd fc48406 2023-05-22, xenhid 31d1748 2023-05-22, xencons 465a250 2023-05-22',
  ),
  release(
    'master@2023-12-31',
    'upstream',
    'xenbus 43ddac9 2023-12-11, xenvbd b2dfea4 2023-12-11, xenvif a67e751 2023-12-19, xennet 75d7f85 2023-12-15',
    'xeniface 4662c78 2023-12-15, xenvkbd 31227c0 2023-12-11, xenhid 54d1f64 2023-12-11, xencons 440d98e 2023-12-11',
  ),
  release(
    'master@2024-12-31',
    'upstream',
    'xenbus e76d03e 2024-11-08, xenvbd 054c2e5 2024-11-08, xenvif 9fd1afe 2024-12-02, xennet ad7717f 2024-08-13',
    'xeniface 9cd9a60 2024-07-24, xenvkbd 270cb87 2024-12-02, xenhid ea9ef9d 2024-07-24, xencons 3694e9f 2024-07-24',
  ),
  release(
    'master@2025-07-31',
    'upstream',
    'xenbus 4192dc3 2025-07-25, xenvbd c90802b 2025-07-21, xenvif 50957a5 2025-07-23, xennet f2bc86b 2025-07-21',
    'xeniface cea5699 2025-07-21, xenvkbd 877a272 2025-07-25, xenhid 4059680 2025-07-21, xencons 497cdd4 2025-07-21',
  ),
  release(
    'master@2025-12-31',
    'upstream',
    'xenbus d6834c7 2025-11-14, xenvbd 583bd7f 2025-11-13, xenvif 14892e7 2025-11-13, xennet b4351cf 2025-11-25',
    'xeniface f3a7857 2025-11-13, xenvkbd fca7c0b 2025-11-13, xenhid 3728255 2025-09-08, xencons 3706a23 2025-11-27',
  ),
  release(
    '8.1.0',
    'upstream',
    'xenbus 054281d 2016-01-22, xenvbd 5bd392b 2016-02-29, xenvif 30d347a 2016-05-09, xennet 4c05f58 2016-02-24',
    'xeniface c9469cc 2016-01-22',
  ),
  release(
    '8.2.0',
    'upstream',
    'xenbus 329a5d1 2016-11-22, xenvbd 2fe410b 2017-02-21, xenvif 746e615 2017-01-11, xennet 0e8f8cd 2017-02-08',
    'xeniface 7a3bb8c 2016-11-22',
  ),
  release(
    '8.2.1',
    'upstream',
    'xenbus 6790a1d 2018-03-21, xenvbd 153a308 2017-07-17, xenvif 659c96e 2018-04-23, xennet aef24f5 2017-05-31',
    'xeniface 5c6adca 2017-05-31',
  ),
  release(
    'xcp-ng/xcp-ng',
    'xcp-ng-2018',
    'xenbus 3439200 2018-10-14, xenvbd e2745d1 2018-10-20, xenvif de11b6f 2018-10-20, xennet 83f8814 2018-10-20',
    'xeniface 987785b 2018-08-11',
  ),
  release(
    'xcp-ng/xcp-ng-8.2.1',
    'xcp-ng-2018',
    'xenbus 2f9f04b 2018-11-11, xenvbd 8a63511 2018-11-11, xennet 38ba334 2018-11-11, xeniface a0054b1 2018-11-11',
  ),
  release(
    'xcp-ng/xcp-ng-8.2.2',
    'xcp-ng-2018',
    'xenbus d225263 2019-05-01, xenvbd 3c86799 2019-06-26, xenvif 7fc6c18 2019-06-27, xennet 221c77b 2019-05-01',
    'xeniface 0c80946 2019-05-01',
  ),
  release(
    'xcp-ng v9.0.9000.0',
    'xcp-ng-9',
    'xenbus 82574c3 2024-10-23, xenvbd 1688fd8 2024-10-23, xenvif 6165ba3 2024-10-23, xennet 7c4c3bc 2024-10-23',
    'xeniface 47da1d3 2024-10-23, xenvkbd 96d71b5 2024-10-23, xenhid 244955f 2024-10-23, xencons 519d496 2024-10-23',
  ),
  release(
    'xcp-ng v9.0.9030',
    'xcp-ng-9',
    'xenbus 9b7e59e 2024-11-19, xenvbd 86bc9dd 2025-02-26, xenvif 555d9bf 2024-12-02, xennet 7c4c3bc 2024-10-23',
    'xeniface 47da1d3 2024-10-23, xenvkbd 1845eec 2024-11-27, xenhid 244955f 2024-10-23, xencons 519d496 2024-10-23',
  ),
  release(
    'xcp-ng v9.0.9065',
    'xcp-ng-9',
    'xenbus cbfd014 2025-04-01, xenvbd 86bc9dd 2025-02-26, xenvif 555d9bf 2024-12-02, xennet 7c4c3bc 2024-10-23',
    'xeniface 0e58fce 2025-04-07, xenvkbd 1845eec 2024-11-27, xenhid 244955f 2024-10-23, xencons 97a0bcf 2025-03-28',
  ),
  release(
    'xcp-ng v9.0.9108',
    'xcp-ng-9',
    'xenbus 403fb7d 2025-07-07, xenvbd 10daecb 2025-07-07, xenvif ddb3b04 2025-07-07, xennet ad04929 2025-07-07',
    'xeniface 3145b99 2025-06-05, xenvkbd d33ff7e 2025-07-07, xenhid 244955f 2024-10-23, xencons 17604a3 2025-05-27',
  ),
  release(
    'xcp-ng v9.0.9136',
    'xcp-ng-9',
    'xenbus 59cea62 2025-09-10, xenvbd 6d333a8 2025-09-10, xenvif 9058088 2025-09-08, xennet e9682cb 2025-09-08',
    'xeniface ea80b9e 2025-09-08, xenvkbd 033c456 2025-09-08, xenhid 3728255 2025-09-08, xencons 583fc76 2025-09-11',
  ),
  release(
    'xcp-ng v9.1.100',
    'xcp-ng-9',
    'xenbus f737f37 2025-11-17, xenvbd 0ec755a 2025-11-25, xenvif fb7791b 2025-11-25, xennet c6e5cef 2025-11-25',
    'xeniface 52da494 2025-11-25, xenvkbd b42b676 2025-11-25, xencons 9082fc3 2025-11-25',
  ),
  release(
    'xcp-ng v9.1.145',
    'xcp-ng-9',
    'xenbus 55cfdcb 2026-03-09, xennet cddc9a5 2026-02-06, xeniface 1c24c6f 2026-02-11',
  ),
  release(
    'xcp-ng v9.1.200',
    'xcp-ng-9',
    'xenbus e7d116f 2026-05-20, xennet cea8572 2026-05-20, xeniface 1c24c6f 2026-02-11',
  ),
  release(
    'master@head',
    'upstream',
    'xenbus 1087a8d 2026-05-20, xenvbd 583bd7f 2025-11-13, xenvif 14892e7 2025-11-13, xennet cea8572 2026-05-20',
    'xeniface f12cbdb 2026-05-29, xenvkbd fca7c0b 2025-11-13, xenhid 3728255 2025-09-08, xencons 3706a23 2025-11-27',
  ),
  release('xcp-ng/xcp-ng2', 'xcp-ng-2018', 'xeniface 9e188e4 2018-10-20'),
];
