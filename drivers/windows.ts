import type { DriverGeneration } from './contract.ts';

type WindowsClaims = DriverGeneration['windows'];

/**
 * What the current line claims, in Inf2Cat's names: upstream's own list for x64 (spec xen-pv 7.2), the last 32-bit
 * Windows for x86, and Windows on ARM from the first that runs 64-bit drivers. On x64 the first server stands for every
 * later build; on ARM the last name does, which INFs with sections for build 25398 need.
 */
export const WINDOWS_10_AND_LATER: WindowsClaims = {
  x64: ['10_X64', 'Server10_X64', 'ServerRS5_X64', 'ServerFE_X64', '10_CO_X64'],
  x86: ['10_X86'],
  arm64: ['10_RS3_ARM64', '10_CO_ARM64', '10_GE_ARM64'],
};

/** A primitive package needs Windows 10 1903, build 18362 (spec inf 11). */
export const WINDOWS_10_1903_AND_LATER: WindowsClaims = {
  x64: ['10_19H1_X64', '10_VB_X64', 'ServerFE_X64', '10_CO_X64'],
  x86: ['10_19H1_X86', '10_VB_X86'],
  arm64: ['10_19H1_ARM64', '10_VB_ARM64', '10_CO_ARM64'],
};

/** What the 8.2 line ran on: Windows 7 and Server 2008 R2 to the first Windows 10 and its servers. */
export const WINDOWS_7_TO_10: WindowsClaims = {
  x64: ['7_X64', 'Server2008R2_X64', '8_X64', 'Server8_X64', '6_3_X64', 'Server6_3_X64', '10_X64', 'Server10_X64'],
  x86: ['7_X86', '8_X86', '6_3_X86', '10_X86'],
};
