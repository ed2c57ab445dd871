// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of shells
import { allBelow, type CommandWords, type OptionWords } from './command-tree.ts';

/** Shells that winpv writes completion for. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** Options that stand before and after any command. */
const EVERYWHERE = ['--json', '--quiet', '--verbose', '--events', '--help'] as const;

/** A word of ours inside single quotes of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const flagsOf = ({ options }: CommandWords): readonly string[] => [
  ...options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short])),
  ...EVERYWHERE,
];

const spellings = ({ long, short }: OptionWords): string => (short === undefined ? long : `${long}|${short}`);

/** The steps from a command to those below it: what the words typed so far mean. */
const steps = (root: CommandWords): readonly (readonly [from: string, word: string, to: string])[] =>
  allBelow(root).flatMap((command) => command.commands.map((one) => [command.path, one.name, one.path] as const));

/** Bash: words of the command line are walked to the command, then its commands and options, else files. */
const bash = (root: CommandWords): readonly string[] => [
  '# bash completion for winpv. Load it with: source <(winpv completion bash)',
  '_winpv() {',
  '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path=winpv word i',
  '  for ((i = 1; i < COMP_CWORD; i++)); do',
  '    word="${COMP_WORDS[i]}"',
  '    case "$path:$word" in',
  ...steps(root).map(([from, word, to]) => `      ${quoted(`${from}:${word}`)}) path=${quoted(to)} ;;`),
  '    esac',
  '  done',
  '  case "$path:$prev" in',
  ...allBelow(root).flatMap((command) =>
    command.options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const words = spellings(option)
          .split('|')
          .map((flag) => quoted(`${command.path}:${flag}`))
          .join('|');
        const values = option.choices.length === 0 ? '-f' : `-W ${quoted(option.choices.join(' '))}`;
        return `    ${words}) COMPREPLY=($(compgen ${values} -- "$cur")); return ;;`;
      }),
  ),
  '  esac',
  '  local words=""',
  '  case "$path" in',
  ...allBelow(root).map((command) => {
    const below = command.commands.map(({ name }) => name);
    const values = command.arguments.flatMap(({ choices }) => choices);
    return `    ${quoted(command.path)}) if [[ "$cur" == -* ]]; then words=${quoted(flagsOf(command).join(' '))}; else words=${quoted([...below, ...values].join(' '))}; fi ;;`;
  }),
  '  esac',
  '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
  '  if [[ -z "$words" ]]; then COMPREPLY=($(compgen -f -- "$cur")); fi',
  '}',
  'complete -o filenames -F _winpv winpv',
];

/** Text inside an `_arguments` or `_describe` item, where colons and brackets mean something. */
const zshText = (text: string): string => text.replaceAll(/[\\:[\]]/g, (sign) => `\\${sign}`);

/** Zsh: one function a command. */
const zsh = (root: CommandWords): readonly string[] => {
  const name = (path: string): string => `_${path.replaceAll(/[ -]/g, '_')}`;
  const bodies = allBelow(root).flatMap((command) => {
    const options = command.options.flatMap((option) => {
      const text = `[${zshText(option.description)}]`;
      const value = option.takesValue
        ? `:value:${option.choices.length === 0 ? '_files' : `(${option.choices.join(' ')})`}`
        : '';
      return spellings(option)
        .split('|')
        .map((flag) => quoted(`*${flag}${text}${value}`));
    });
    const common = EVERYWHERE.map((flag) => quoted(flag));
    if (command.commands.length === 0) {
      const values = command.arguments.flatMap(({ choices }) => choices);
      const rest = quoted(values.length === 0 ? '*:file:_files' : `*:value:(${values.join(' ')})`);
      return [`${name(command.path)}() {`, `  _arguments ${[...options, ...common, rest].join(' ')}`, '}'];
    }
    const below = command.commands.map((one) => quoted(`${one.name}:${zshText(one.summary)}`));
    return [
      `${name(command.path)}() {`,
      '  local state line',
      `  _arguments -C ${[...options, ...common].join(' ')} '1:command:->command' '*::argument:->argument'`,
      '  case $state in',
      '    command)',
      `      local -a commands=(${below.join(' ')})`,
      '      _describe command commands ;;',
      '    argument)',
      '      case ${line[1]} in',
      ...command.commands.map((one) => `        ${one.name}) ${name(one.path)} ;;`),
      '      esac ;;',
      '  esac',
      '}',
    ];
  });
  return [
    '#compdef winpv',
    '# zsh completion for winpv. Put it as _winpv into a folder of $fpath, or: source <(winpv completion zsh)',
    ...bodies,
    'compdef _winpv winpv',
  ];
};

const fishQuoted = (text: string): string => `'${text.replaceAll(/['\\]/g, (sign) => `\\${sign}`)}'`;

/** Fish: a condition for each command, true when the words typed so far name it. */
const fish = (root: CommandWords): readonly string[] => [
  '# fish completion for winpv. Load it with: winpv completion fish | source',
  'function __winpv_at',
  '  set -l words (string match -v -- "-*" (commandline -opc))',
  '  set -l size (count $argv)',
  '  test (count $words) -ge $size; or return 1',
  '  test "$words[1..$size]" = "$argv"',
  'end',
  'function __winpv_before',
  '  set -l words (string match -v -- "-*" (commandline -opc))',
  '  test "$words" = "$argv"',
  'end',
  ...allBelow(root).flatMap((command) => [
    ...command.commands.map(
      (one) => `complete -c winpv -f -n '__winpv_before ${command.path}' -a ${one.name} -d ${fishQuoted(one.summary)}`,
    ),
    ...command.options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
      const values = option.choices.length === 0 ? '' : ` -f -a ${fishQuoted(option.choices.join(' '))}`;
      const value = option.takesValue ? ` -r${values}` : '';
      return `complete -c winpv -n '__winpv_at ${command.path}' -l ${option.long.slice(2)}${short}${value} -d ${fishQuoted(option.description)}`;
    }),
    ...command.arguments.flatMap(({ choices }) =>
      choices.length === 0
        ? []
        : [`complete -c winpv -f -n '__winpv_at ${command.path}' -a ${fishQuoted(choices.join(' '))}`],
    ),
  ]),
  ...EVERYWHERE.filter((flag) => flag !== '--help').map((flag) => `complete -c winpv -l ${flag.slice(2)}`),
];

const psQuoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** PowerShell: a table of words for each command; where it has none, PowerShell completes files. */
const powershell = (root: CommandWords): readonly string[] => [
  '# PowerShell completion for winpv. Load it with: winpv completion powershell | Out-String | Invoke-Expression',
  'Register-ArgumentCompleter -Native -CommandName winpv -ScriptBlock {',
  '  param($wordToComplete, $commandAst, $cursorPosition)',
  '  $words = @{',
  ...allBelow(root).map(
    (command) =>
      `    ${psQuoted(command.path)} = @(${[...command.commands.map(({ name }) => name), ...command.arguments.flatMap(({ choices }) => choices), ...flagsOf(command)].map(psQuoted).join(', ')})`,
  ),
  '  }',
  "  $path = 'winpv'",
  '  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {',
  '    $next = "$path $element"',
  '    if ($element.Extent.EndOffset -lt $cursorPosition -and $words.ContainsKey($next)) { $path = $next }',
  '  }',
  '  $words[$path] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {',
  "    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)",
  '  }',
  '}',
];

const WRITERS: Readonly<Record<Shell, (root: CommandWords) => readonly string[]>> = { bash, zsh, fish, powershell };

/** The lines of a script that teaches a shell to complete winpv's command line. */
export const completionScript = (shell: Shell, root: CommandWords): readonly string[] => WRITERS[shell](root);
