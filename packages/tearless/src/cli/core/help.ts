// Help texts, made from the commands' own values.
import { type Command, globalOptions, type OptionSpec, type PositionalSpec } from './command.ts';
import { listCommands, listNouns } from './registry.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export const renderPositional = ({ name, required, variadic }: PositionalSpec): string => {
  const word = `${name}${variadic === true ? '…' : ''}`;
  return required === true ? word : `[${word}]`;
};

export const renderOption = (name: string, spec: OptionSpec): string =>
  `--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`;

export const renderUsage = (name: string, command: Command): string =>
  [
    'tearless',
    name,
    ...(command.positionals ?? []).map(renderPositional),
    ...(command.options === undefined ? [] : ['[OPTIONS]']),
  ].join(' ');

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

const twoColumns = (rows: readonly (readonly [string, string])[]): string[] =>
  indent(
    renderTable(rows, [
      { title: '', cell: (row) => row[0] },
      { title: '', cell: (row) => row[1] },
    ]).slice(1),
  );

const renderOptions = (options: Record<string, OptionSpec>): string[] =>
  twoColumns(Object.entries(options).map(([name, spec]) => [renderOption(name, spec), spec.summary]));

/** Help of one command. */
export const renderCommandHelp = (name: string, command: Command, style: Style): string[] => [
  `${style.strong(renderUsage(name, command))}`,
  `  ${command.summary}`,
  ...(command.details === undefined ? [] : ['', ...indent(command.details.split('\n'))]),
  ...(command.positionals === undefined || command.positionals.length === 0
    ? []
    : [
        '',
        style.strong('Words'),
        ...twoColumns(command.positionals.map((spec) => [renderPositional(spec), spec.summary])),
      ]),
  ...(command.options === undefined ? [] : ['', style.strong('Options'), ...renderOptions(command.options)]),
  '',
  style.strong('Everywhere'),
  ...renderOptions(globalOptions),
  '',
  style.strong('Examples'),
  ...twoColumns(command.examples),
];

const lastWord = (name: string): string => name.split(' ').at(-1) ?? '';

/** Help of a noun: its verbs with one example each. */
export const renderNounHelp = async (noun: string, summary: string, style: Style): Promise<string[]> => {
  const commands = await Promise.all(
    listCommands(noun).map(async (entry) => ({ path: entry.path, command: await entry.load() })),
  );
  const visible = commands.filter(({ command }) => command.hidden !== true);
  const within = await listNouns(noun);
  return [
    `${style.strong(`tearless ${noun} VERB`)}`,
    `  ${summary}`,
    '',
    style.strong('Verbs'),
    ...twoColumns(visible.map(({ path, command }) => [path.at(-1) ?? '', command.summary])),
    ...(within.length === 0
      ? []
      : [
          '',
          style.strong('Nouns within it, each with verbs'),
          ...twoColumns(within.map(({ name, summary: about }) => [lastWord(name), about])),
        ]),
    '',
    style.strong('Examples'),
    ...twoColumns(visible.flatMap(({ command }) => command.examples.slice(0, 1))),
  ];
};

/** Help of the whole program. */
export const renderMainHelp = async (style: Style): Promise<string[]> => {
  const commands = await Promise.all(
    listCommands().map(async (entry) => ({ path: entry.path, command: await entry.load() })),
  );
  const nouns = await listNouns();
  return [
    `${style.strong('tearless')} changes Tor infrastructure while it keeps serving`,
    '',
    style.strong('Commands'),
    ...twoColumns(
      commands
        .filter(({ command }) => command.hidden !== true)
        .map(({ path, command }) => [path[0] ?? '', command.summary]),
    ),
    '',
    style.strong('Nouns, each with verbs'),
    ...twoColumns(nouns.map(({ name, summary }) => [name, summary])),
    '',
    style.strong('Everywhere'),
    ...renderOptions({ ...globalOptions, version: { type: 'boolean', summary: 'show the version' } }),
  ];
};
