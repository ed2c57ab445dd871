import { toHex, utf8 } from '../../core/bytes.ts';
import { ERROR_CODES, type ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { parseCertificates } from '../../packaging/formats/x509/pem.ts';
import { type Check, failed, found, passed, skipped } from '../../packaging/signing/health.ts';
import { timestampServers } from '../../packaging/signing/timestamp-servers.ts';
import { readLedger } from '../ledger/keep-ledger.ts';
import type { SigningPorts } from '../making/signing.ts';
import type { BrandInput } from '../plan.ts';
import { type LoadPorts, loadBrand } from '../project/load.ts';
import { loadProject, type Project, type TimestampSettings } from '../project/project.ts';
import { checkProjectKey } from './key-check.ts';

export interface DoctorRequest {
  readonly project: string;
  /** Where a release would go. */
  readonly out: string;
  /** Ask the time-stamp servers as well. */
  readonly online: boolean;
}

export type DoctorPorts = SigningPorts & LoadPorts;

/**
 * Looks at everything that a release needs beside its sources. Makes no release and no keys.
 * @throws WinpvError when the project itself cannot be read: FILE_*, CONFIG_*, BRAND_*
 */
export const examine = async (request: DoctorRequest, ports: DoctorPorts): Promise<readonly Check[]> => {
  const project = await loadProject(ports.files, request.project);
  const brands = await Promise.all(project.brands.map((brand) => loadBrand(ports, brand)));
  return [
    ...(await checkProjectKey(project, ports)),
    ...(await checkTimestamps(project, brands, request.online, ports)),
    await checkClock(project, ports),
    await checkOutput(request.out, ports),
    ...(await checkTools(brands, ports)),
  ];
};

/** Before this day there was no winpv that has this check. */
const WINPV_SINCE_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const checkClock = async ({ folder }: Project, { files, clock }: DoctorPorts): Promise<Check> => {
  const nowMs = clock.now();
  const now = new Date(nowMs).toISOString();
  const { entries } = await readLedger(files, folder);
  const newest = Math.max(WINPV_SINCE_MS, ...entries.map(({ time }) => Date.parse(time)).filter(Number.isFinite));
  if (nowMs >= newest - DAY_MS) return passed('clock', `it is ${now}`);
  const why =
    newest === WINPV_SINCE_MS ? 'winpv is younger' : `the ledger has a release of ${new Date(newest).toISOString()}`;
  const hint = 'Set the clock: releases, signatures and time stamps carry the day.';
  return found('clock', problem('CLOCK_WRONG', `This machine says that it is ${now}, but ${why}.`, { hint }));
};

/** The nearest folder that is there; a release makes the others. */
const existingFolder = async (path: string, { files }: DoctorPorts): Promise<string> => {
  for (let folder = files.dirname(path); ; folder = files.dirname(folder)) {
    if ((await files.stat(folder))?.kind === 'folder' || folder === files.dirname(folder)) return folder;
  }
};

/** A release is made beside its output folder, then put in its place: that folder has to take files. */
const checkOutput = async (out: string, ports: DoctorPorts): Promise<Check> => {
  const { files, random } = ports;
  const folder = await existingFolder(await files.realPath(out), ports);
  const probe = files.join(folder, `.winpv-doctor-${toHex(random.bytes(8))}`);
  const gone = files.unfinished(probe);
  try {
    await files.write(probe, utf8('winpv doctor looks whether it can write here\n'));
    await files.remove(probe);
    return passed('output', `${folder} takes files`);
  } catch (error) {
    const [check] = failed('output', error);
    return {
      ...(check ?? skipped('output', folder)),
      hint: 'Name another folder with --out, or make this one writable.',
    };
  } finally {
    gone();
  }
};

const GIT_MS = 10_000;

/** git is needed where a brand takes its version from it, and helps with the date otherwise. */
const checkTools = async (brands: readonly BrandInput[], { exec }: DoctorPorts): Promise<readonly Check[]> => {
  const users = brands.filter(({ loaded }) => loaded.versionRule !== undefined && 'git' in loaded.versionRule);
  const names = users.map(({ loaded }) => loaded.brand.id).join(', ');
  try {
    const { exitCode, stdout } = await (await exec()).run('git', ['--version'], { timeoutMs: GIT_MS });
    if (exitCode === 0) return [passed('git', new TextDecoder().decode(stdout).trim())];
    throw new WinpvError('TOOL_FAILED', `git --version ends with ${exitCode}.`);
  } catch (error) {
    if (users.length > 0)
      return failed('git', error).map((check) => ({
        ...check,
        hint: `Install git: ${names} takes its version from it.`,
      }));
    failed('git', error);
    return [passed('git', 'not there; only the date of a release would be taken from it')];
  }
};

const MAX_AUTHORITY_BYTES = 1024 * 1024;

const urlsOf = (settings: TimestampSettings, brands: readonly BrandInput[]): readonly string[] =>
  settings.kind === 'servers'
    ? [...new Set([...brands.flatMap(({ loaded }) => loaded.brand.timestampServers), ...settings.urls])]
    : [];

/** Each server by itself: a release would be content with the first that answers. */
const checkTimestamps = async (
  { timestamps }: Project,
  brands: readonly BrandInput[],
  online: boolean,
  ports: DoctorPorts,
): Promise<readonly Check[]> => {
  const urls = urlsOf(timestamps, brands);
  if (timestamps.kind === 'test') return [passed('timestamps', 'test time stamps, which prove nothing')];
  if (timestamps.kind === 'none')
    return [passed('timestamps', 'none, as the project says: signatures end with the certificate')];
  if (timestamps.kind === 'tool') return [passed('timestamps', 'the tool that signs asks for them')];
  if (!online)
    return [skipped('timestamps', `${urls.length} server${urls.length === 1 ? '' : 's'}, asked with --online`)];
  try {
    const authorities = await readAuthorities(timestamps.authorities, ports);
    const asked = await Promise.all(urls.map((url) => askServer(url, authorities, ports)));
    const some = asked.some(([first]) => first?.status !== 'error');
    return asked.flat().map((check) => (some && check.status === 'error' ? { ...check, status: 'warning' } : check));
  } catch (error) {
    return failed('timestamps', error);
  }
};

const readAuthorities = async (paths: readonly string[], { files }: DoctorPorts): Promise<readonly Uint8Array[]> => {
  const read = await Promise.all(
    paths.map(async (file) => parseCertificates(await files.read(file, { maxBytes: MAX_AUTHORITY_BYTES }), file)),
  );
  return read.flat();
};

const askServer = async (
  url: string,
  authorities: readonly Uint8Array[],
  { http, random, clock, timer }: DoctorPorts,
): Promise<readonly Check[]> => {
  try {
    const server = timestampServers({ urls: [url], authorities }, { http: await http(), random, clock, timer });
    await server.timestamp(random.bytes(256));
    return [
      passed('timestamps', `${server.label} answers`),
      ...server.findings().map((finding) => found('timestamps', finding)),
    ];
  } catch (error) {
    return failed('timestamps', error);
  }
};

const KEY_CHECKS: readonly string[] = ['signature', 'pin', 'key', 'certificate', 'chain'];

/** A key that fails is exit 6, whatever keeps it from signing: a file that is not there, a program, a certificate. */
const failureCode = ({ check, code = 'SIGN_FAILED' }: Check): ErrorCode =>
  KEY_CHECKS.includes(check) && ERROR_CODES[code].exit !== 6 ? 'SIGN_FAILED' : code;

const findingOf = (check: Check): Diagnostic => {
  const { status, message, hint } = check;
  const severity = status === 'error' ? 'error' : 'warning';
  return problem(failureCode(check), message, { severity, ...(hint === undefined ? {} : { hint }) });
};

/** Warnings and errors as every command has them. */
export const findingsOf = (checks: readonly Check[]): readonly Diagnostic[] =>
  checks.filter(({ status }) => status === 'error' || status === 'warning').map(findingOf);

/** What the checks come to; undefined when none found an error. Keys come first. */
export const failureOf = (checks: readonly Check[]): Diagnostic | undefined => {
  const errors = checks.filter(({ status }) => status === 'error');
  const worst = errors.find(({ check }) => KEY_CHECKS.includes(check)) ?? errors[0];
  return worst === undefined ? undefined : findingOf(worst);
};
