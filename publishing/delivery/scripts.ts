import { utf8 } from '../../core/bytes.ts';
import type { FileContent } from '../repository/plan.ts';
import { powerShellFor } from './powershell.ts';

/** What the scripts of a medium have to know of the release. */
export interface ScriptFacts {
  /** Lower-case letters, digits and `-`. */
  readonly brand: string;
  /** Drivers of each architecture in the order in which they are installed: the bus first. */
  readonly drivers: ReadonlyMap<string, readonly string[]>;
  /** Names of certificate files beside the scripts, with SHA-1 thumbprints: `root` goes to Root, `signer` to TrustedPublisher. */
  readonly root: { readonly file: string; readonly thumbprint: string };
  readonly signer: { readonly file: string; readonly thumbprint: string };
}

const text = (lines: readonly string[]): Uint8Array => utf8(`${lines.join('\r\n')}\r\n`);

/*
 * Programs of Windows exit with HRESULTs too, which are negative: `if errorlevel 1` would take those for success.
 */

/** Options, the processor, and what is refused before anything changes; shared by both directions. */
const opening = (
  { brand }: ScriptFacts,
  {
    name,
    options,
    what,
  }: { readonly name: string; readonly options: readonly string[]; readonly what: readonly string[] },
): readonly string[] => [
  '@echo off',
  ...what.map((line) => `rem ${line}`),
  'setlocal EnableExtensions DisableDelayedExpansion',
  'set "HERE=%~dp0"',
  `set "STATE=%ProgramData%\\winpv\\${brand}"`,
  'set "DRY="',
  'set "SURE="',
  'set "RESTARTED="',
  ':options',
  'if "%~1"=="" goto ready',
  ...options.map((option) => {
    const variable = { '/dry-run': 'DRY', '/yes': 'SURE', '/restarted': 'RESTARTED' }[option] ?? 'SURE';
    return `if /i "%~1"=="${option}" set "${variable}=1"& shift& goto options`;
  }),
  `echo Usage: ${name} ${options.map((option) => `[${option}]`).join(' ')}`,
  'exit /b 2',
  ':ready',
  'rem A 32-bit shell on 64-bit Windows finds the real programs under Sysnative.',
  'set "SYS=%SystemRoot%\\System32"',
  'set "CPU=%PROCESSOR_ARCHITECTURE%"',
  'if not defined PROCESSOR_ARCHITEW6432 goto native',
  'set "SYS=%SystemRoot%\\Sysnative"',
  'set "CPU=%PROCESSOR_ARCHITEW6432%"',
  ':native',
  'set "ARCH="',
  'if /i "%CPU%"=="AMD64" set "ARCH=x64"',
  'if /i "%CPU%"=="x86" set "ARCH=x86"',
  'if /i "%CPU%"=="ARM64" set "ARCH=arm64"',
  'if not defined ARCH goto wrong_cpu',
];

/** Administrators only, and a pnputil that knows the options: Windows 10 1607. */
const rights = [
  'if defined DRY goto allowed',
  '"%SYS%\\fltmc.exe" >nul 2>&1',
  'if not "%ERRORLEVEL%"=="0" goto no_rights',
  ':allowed',
  'set "BUILD=0"',
  'for /f "tokens=3" %%b in (\'reg query "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion" /v CurrentBuildNumber 2^>nul ^| find "REG_SZ"\') do set "BUILD=%%b"',
  'if %BUILD% LSS 14393 goto too_old',
] as const;

const refusals = [
  ':wrong_cpu',
  'echo There are no drivers for this processor, "%CPU%", here.',
  'exit /b 3',
  ':no_rights',
  'echo This needs an administrator: right-click, "Run as administrator".',
  'exit /b 4',
  ':too_old',
  'echo This needs Windows 10 1607 or later; this is build %BUILD%. Use Device Manager on an older one.',
  'exit /b 3',
] as const;

const secureBoot = [
  'reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State" /v UEFISecureBootEnabled 2>nul | find "0x1" >nul',
  'if "%ERRORLEVEL%"=="0" goto secure_boot',
] as const;

const confirm = (question: string): readonly string[] => [
  'if defined DRY goto sure',
  'if defined SURE goto sure',
  `echo ${question}`,
  'set "ANSWER="',
  'set /p "ANSWER=Type YES to go on: "',
  'if not "%ANSWER%"=="YES" goto given_up',
  ':sure',
];

const perArchitecture = (
  { drivers }: ScriptFacts,
  line: (driver: string) => string,
  order: (all: readonly string[]) => readonly string[],
): readonly string[] =>
  [...drivers].flatMap(([architecture, names]) => [
    `if not "%ARCH%"=="${architecture}" goto not_${architecture}`,
    ...order(names).flatMap((name) => [line(name), 'if not "%ERRORLEVEL%"=="0" goto failed']),
    `:not_${architecture}`,
  ]);

/** `certutil` tells by its exit code whether a certificate is there; what was there before stays when all is undone. */
const trust = (store: string, { file, thumbprint }: ScriptFacts['root']): readonly string[] => [
  `if defined DRY echo   certutil -addstore -f ${store} ${file}& goto had_${store}`,
  `"%SYS%\\certutil.exe" -store ${store} ${thumbprint} >nul 2>&1`,
  `if "%ERRORLEVEL%"=="0" goto had_${store}`,
  `"%SYS%\\certutil.exe" -addstore -f ${store} "%HERE%${file}" >nul`,
  'if not "%ERRORLEVEL%"=="0" goto failed',
  `echo ${thumbprint}>"%STATE%\\${store}.added"`,
  `:had_${store}`,
];

const distrust = (store: string, { thumbprint }: ScriptFacts['root']): readonly string[] => [
  `if not exist "%STATE%\\${store}.added" goto kept_${store}`,
  `if defined DRY echo   certutil -delstore ${store} ${thumbprint}& goto kept_${store}`,
  `"%SYS%\\certutil.exe" -delstore ${store} ${thumbprint} >nul`,
  'if not "%ERRORLEVEL%"=="0" goto failed',
  `del "%STATE%\\${store}.added"`,
  `:kept_${store}`,
];

/** Test signing comes before the drivers: a machine that starts in between still starts. */
const install = (facts: ScriptFacts): readonly string[] => [
  ...opening(facts, {
    name: 'install.cmd',
    options: ['/yes', '/dry-run'],
    what: [
      `Installs the test-signed drivers of ${facts.brand}, on a machine that is there for tests.`,
      'It switches test signing on, trusts the test certificates, and installs the drivers. undo.cmd takes it back.',
      'Exit codes: 0 done, 2 wrong options, 3 not for this machine, 4 no administrator, 5 something failed, 6 given up.',
    ],
  }),
  'if not exist "%HERE%..\\drivers\\%ARCH%\\" goto wrong_cpu',
  ...rights,
  ...secureBoot,
  ...confirm(
    'This machine will load drivers that no one but their maker vouches for. With BitLocker, suspend it first.',
  ),
  'if defined DRY echo It would run:& goto begin',
  'if not exist "%STATE%\\" mkdir "%STATE%"',
  'if not exist "%STATE%\\" goto failed',
  ':begin',
  'if defined DRY echo   bcdedit /set testsigning on& goto signing_on',
  'rem What Windows was started with says whether test signing was on before, in every language.',
  'reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control" /v SystemStartOptions 2>nul | find /i "TESTSIGNING" >nul',
  'if "%ERRORLEVEL%"=="0" goto signing_on',
  '"%SYS%\\bcdedit.exe" /set testsigning on >nul',
  'if not "%ERRORLEVEL%"=="0" goto failed',
  'echo it was off>"%STATE%\\testsigning.was"',
  ':signing_on',
  ...trust('Root', facts.root),
  ...trust('TrustedPublisher', facts.signer),
  ...perArchitecture(
    facts,
    (driver) => `call :add ${driver}`,
    (all) => all,
  ),
  'if defined DRY exit /b 0',
  'echo Done. Restart the machine: the drivers load after that.',
  'exit /b 0',
  ':add',
  'if defined DRY echo   pnputil /add-driver drivers\\%ARCH%\\%1\\%1.inf /install& exit /b 0',
  '"%SYS%\\pnputil.exe" /add-driver "%HERE%..\\drivers\\%ARCH%\\%1\\%1.inf" /install >"%STATE%\\%1.log" 2>&1',
  'set "RESULT=%ERRORLEVEL%"',
  'rem The name that Windows gave it, whatever the language of the words around it.',
  'for /f "usebackq tokens=2 delims=:" %%o in ("%STATE%\\%1.log") do call :note %1 "%%o"',
  'rem 259: no such device here yet; 3010 and 1641: after a restart.',
  'for %%c in (0 259 3010 1641) do if "%RESULT%"=="%%c" echo   %1& exit /b 0',
  'type "%STATE%\\%1.log"',
  'exit /b 1',
  ':note',
  'set "WORD="',
  'for /f "tokens=1" %%t in ("%~2") do set "WORD=%%t"',
  'if not defined WORD exit /b 0',
  'if /i not "%WORD:~0,3%"=="oem" exit /b 0',
  'if /i not "%WORD:~-4%"==".inf" exit /b 0',
  'echo %WORD%>"%STATE%\\%1.oem"',
  'exit /b 0',
  ...refusals,
  ':secure_boot',
  'echo Secure Boot is on, and test signing cannot be. Switch it off in the firmware first.',
  'exit /b 3',
  ':given_up',
  'echo Nothing was changed.',
  'exit /b 6',
  ':failed',
  'echo It failed. Nothing more is done; undo.cmd takes back what was.',
  'exit /b 5',
];

/** The drivers go first, the bus last; test signing stays on while one is left: Windows would not start with it. */
const undo = (facts: ScriptFacts): readonly string[] => [
  ...opening(facts, {
    name: 'undo.cmd',
    options: ['/yes', '/dry-run', '/restarted'],
    what: [
      `Takes back what install.cmd did for ${facts.brand}: removes the drivers, then the certificates, then test signing.`,
      'What was there before stays. Exit codes: as install.cmd, and 7: restart, then run it again with /restarted.',
    ],
  }),
  ...rights,
  'if not exist "%STATE%\\" goto nothing',
  ...confirm('The drivers will be removed. Disks and networks go back to emulated devices at the next start.'),
  'if defined DRY echo It would run:',
  'set "WAIT="',
  ...perArchitecture(
    facts,
    (driver) => `call :remove ${driver}`,
    (all) => [...all].reverse(),
  ),
  'if defined WAIT echo restart>"%STATE%\\restart.needed"',
  'if not exist "%STATE%\\restart.needed" goto removed',
  'if defined DRY goto removed',
  'if not defined RESTARTED goto restart',
  'del "%STATE%\\restart.needed"',
  ':removed',
  ...distrust('TrustedPublisher', facts.signer),
  ...distrust('Root', facts.root),
  'if not exist "%STATE%\\testsigning.was" goto signing_kept',
  'if defined DRY echo   bcdedit /set testsigning off& goto signing_kept',
  '"%SYS%\\bcdedit.exe" /set testsigning off >nul',
  'if not "%ERRORLEVEL%"=="0" goto failed',
  ':signing_kept',
  'if defined DRY exit /b 0',
  'rmdir /s /q "%STATE%"',
  'echo Done. Restart the machine.',
  'exit /b 0',
  ':remove',
  'if not exist "%STATE%\\%1.oem" exit /b 0',
  'set "OEM="',
  'for /f "usebackq" %%o in ("%STATE%\\%1.oem") do set "OEM=%%o"',
  'if not defined OEM exit /b 1',
  'if defined DRY echo   pnputil /delete-driver %OEM% /uninstall& exit /b 0',
  '"%SYS%\\pnputil.exe" /delete-driver %OEM% /uninstall >"%STATE%\\%1.log" 2>&1',
  'if %ERRORLEVEL% EQU 3010 set "WAIT=1"',
  'if %ERRORLEVEL% EQU 1641 set "WAIT=1"',
  'rem What counts is whether Windows still has it.',
  'if exist "%SystemRoot%\\INF\\%OEM%" type "%STATE%\\%1.log"& exit /b 1',
  'del "%STATE%\\%1.oem"',
  'echo   %1',
  'exit /b 0',
  ...refusals,
  ':restart',
  'echo The drivers go with the next start. Restart, then run: undo.cmd /restarted',
  'echo Test signing is still on: Windows would not start without it before that.',
  'exit /b 7',
  ':nothing',
  'echo install.cmd did nothing here.',
  'exit /b 0',
  ':given_up',
  'echo Nothing was changed.',
  'exit /b 6',
  ':failed',
  'echo It failed. Test signing is still on: Windows would not start without it while drivers are left.',
  'exit /b 5',
];

/**
 * Scripts that make a test machine take test-signed drivers, and take that back (peers X20, with the undo it lacks). ASCII with
 * CRLF. They are to stand in a folder beside `drivers/<architecture>/<driver>/`.
 * @see bcdedit /set, certutil, pnputil and its return values in Microsoft's documentation
 */
export const testSigningScripts = (facts: ScriptFacts): readonly FileContent[] => [
  { name: 'install.cmd', bytes: text(install(facts)) },
  {
    name: 'install.ps1',
    bytes: text(
      powerShellFor(
        'install.cmd',
        `Installs the test-signed drivers of ${facts.brand} on a test machine.`,
        'switch test signing on, trust the test certificates, install the drivers',
      ),
    ),
  },
  { name: 'undo.cmd', bytes: text(undo(facts)) },
  {
    name: 'undo.ps1',
    bytes: text(
      powerShellFor(
        'undo.cmd',
        `Takes back what install.cmd did for ${facts.brand}.`,
        'remove the drivers, the test certificates and test signing',
      ),
    ),
  },
];
