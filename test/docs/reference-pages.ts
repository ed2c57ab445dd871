import { allBelow, type CommandWords, type OptionWords } from '../../cli/render/command-tree.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const notes = ({ required, choices, default: value, description }: OptionWords): string =>
  [
    description,
    ...(required ? ['Required.'] : []),
    ...(choices.length === 0 ? [] : [`One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`]),
    ...(value === undefined ? [] : [`Default: \`${value}\`.`]),
  ].join(' ');

const commandLines = (command: CommandWords): readonly string[] => [
  `## ${command.path}`,
  '',
  command.description,
  '',
  '```',
  `${command.path} ${command.usage}`.trim(),
  '```',
  '',
  ...(command.arguments.length === 0
    ? []
    : [
        '| argument | |',
        '|---|---|',
        ...command.arguments.map(
          ({ term, description, choices }) =>
            `| \`${cell(term)}\` | ${cell([description, ...choices.map((choice) => `\`${choice}\``)].join(' '))} |`,
        ),
        '',
      ]),
  ...(command.options.length === 0
    ? []
    : [
        '| option | |',
        '|---|---|',
        ...command.options.map((option) => `| \`${cell(option.flags)}\` | ${cell(notes(option))} |`),
        '',
      ]),
  ...(command.commands.length === 0
    ? []
    : [...command.commands.map((one) => `- [${one.path}](#${one.path.replaceAll(' ', '-')}): ${one.summary}`), '']),
  ...(command.examples.length === 0 ? [] : ['```', ...command.examples, '```', '']),
];

/** docs/reference/commands.md: every command with what its own help says. */
export const referencePage = (root: CommandWords): string =>
  [
    '# Commands',
    '',
    'Made from the commands themselves; `winpv COMMAND --help` says the same. What goes where, exit codes and the options',
    'that work everywhere: [the command line](../guide/command-line.md).',
    '',
    ...allBelow(root).slice(1).flatMap(commandLines),
  ].join('\n');

/** Text of roff: no character of it begins a request or an escape. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');

const manCommand = (command: CommandWords): readonly string[] => [
  `.SS ${roff(command.path)}`,
  roff(command.description),
  '.PP',
  `.B ${roff(`${command.path} ${command.usage}`.trim())}`,
  ...command.arguments.flatMap(({ term, description }) => ['.TP', `.I ${roff(term)}`, roff(description)]),
  ...command.options.flatMap((option) => ['.TP', `.B ${roff(option.flags)}`, roff(notes(option).replaceAll('`', ''))]),
];

/** docs/man/winpv.1, for `man`. */
export const manPage = (root: CommandWords): string =>
  [
    '.TH WINPV 1',
    '.SH NAME',
    'winpv \\- release tool for the Xen Windows PV drivers',
    '.SH SYNOPSIS',
    '.B winpv',
    '.I command',
    '[\\fIoptions\\fR] [\\fIarguments\\fR]',
    '.SH DESCRIPTION',
    'Makes, signs, rehearses, verifies and publishes releases of the Xen Windows PV drivers, on any system, without the WDK.',
    '.SH OPTIONS',
    ...[
      ['\\-\\-json', 'Exactly one JSON object on stdout.'],
      ['\\-\\-quiet', 'Nothing on success but what \\-\\-json asks for.'],
      ['\\-\\-verbose', 'More about each step.'],
      ['\\-\\-events', 'Progress and findings on stderr as NDJSON.'],
      ['\\-\\-help', 'What a command does and takes.'],
      ['\\-\\-version', 'The version.'],
    ].flatMap(([flag = '', text = '']) => ['.TP', `.B ${flag}`, text]),
    '.SH COMMANDS',
    ...allBelow(root)
      .slice(1)
      .filter(({ commands }) => commands.length === 0)
      .flatMap(manCommand),
    '.SH EXIT STATUS',
    ...[
      ['0', 'Done.'],
      ['1', 'A bug in winpv.'],
      ['2', 'The command line is not understood.'],
      ['3', 'Project or brand invalid.'],
      ['4', 'Driver package invalid.'],
      ['5', 'A check failed.'],
      ['6', 'Key, token or time\\-stamp service failed.'],
      ['7', 'A remote refused or did not answer in time.'],
      ['8', 'This machine: file, permission, missing tool.'],
      ['130', 'Interrupted.'],
    ].flatMap(([code = '', text = '']) => ['.TP', `.B ${code}`, text]),
    '',
  ].join('\n');
