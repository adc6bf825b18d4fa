// Help texts, made from the commands' own values.
import { type Command, globalOptions, type OptionSpec, type PositionalSpec } from './command.ts';
import { listCommands, listNouns } from './registry.ts';
import { wrap } from './render/wrap.ts';
import type { Style } from './style.ts';

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

/** Fewer than these many characters of a line make a column that is hard to read. */
const narrowest = 36;

/** A word and what it is for; below one another where there is no room for both side by side. */
const twoColumns = (rows: readonly (readonly [string, string])[], width: number): string[] => {
  const left = Math.max(...rows.map(([word]) => word.length)) + 4;
  if (width - left < narrowest)
    return rows.flatMap(([word, text]) => [`  ${word}`, ...wrap(text, width, { first: '      ' })]);
  return rows.flatMap(([word, text]) =>
    wrap(text, width, { first: `  ${word}`.padEnd(left), rest: ' '.repeat(left) }).map((line) => line.trimEnd()),
  );
};

const renderOptions = (options: Record<string, OptionSpec>, width: number): string[] =>
  twoColumns(
    Object.entries(options).map(([name, spec]) => [renderOption(name, spec), spec.summary]),
    width,
  );

/** Lines that end within a sentence were broken for a wide terminal; where they are too long they are broken anew. */
const renderDetails = (details: string, width: number): string[] => {
  const lines = details.split('\n');
  if (lines.every((line) => line.length + 2 <= width)) return indent(lines);
  const paragraphs = details.replace(/([^.:;!?)\n])\n(?=\S)/g, '$1 ').split('\n');
  return paragraphs.flatMap((text) => (text === '' ? [''] : wrap(text, width, { first: '  ' })));
};

/** Help of one command. */
export const renderCommandHelp = (name: string, command: Command, style: Style, width: number): string[] => [
  `${style.strong(renderUsage(name, command))}`,
  `  ${command.summary}`,
  ...(command.details === undefined ? [] : ['', ...renderDetails(command.details, width)]),
  ...(command.positionals === undefined || command.positionals.length === 0
    ? []
    : [
        '',
        style.strong('Words'),
        ...twoColumns(
          command.positionals.map((spec) => [renderPositional(spec), spec.summary]),
          width,
        ),
      ]),
  ...(command.options === undefined ? [] : ['', style.strong('Options'), ...renderOptions(command.options, width)]),
  '',
  style.strong('Everywhere'),
  ...renderOptions(globalOptions, width),
  '',
  style.strong('Examples'),
  ...twoColumns(command.examples, width),
];

const lastWord = (name: string): string => name.split(' ').at(-1) ?? '';

/** Help of a noun: its verbs with one example each. */
export const renderNounHelp = async (noun: string, summary: string, style: Style, width: number): Promise<string[]> => {
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
    ...twoColumns(
      visible.map(({ path, command }) => [path.at(-1) ?? '', command.summary]),
      width,
    ),
    ...(within.length === 0
      ? []
      : [
          '',
          style.strong('Nouns within it, each with verbs'),
          ...twoColumns(
            within.map(({ name, summary: about }) => [lastWord(name), about]),
            width,
          ),
        ]),
    '',
    style.strong('Examples'),
    ...twoColumns(
      visible.flatMap(({ command }) => command.examples.slice(0, 1)),
      width,
    ),
  ];
};

/** Help of the whole program. */
export const renderMainHelp = async (style: Style, width: number): Promise<string[]> => {
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
      width,
    ),
    '',
    style.strong('Nouns, each with verbs'),
    ...twoColumns(
      nouns.map(({ name, summary }) => [name, summary]),
      width,
    ),
    '',
    style.strong('Everywhere'),
    ...renderOptions({ ...globalOptions, version: { type: 'boolean', summary: 'show the version' } }, width),
  ];
};
