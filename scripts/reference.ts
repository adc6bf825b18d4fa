// The generated part of docs/reference: the command line and the configuration, from the values that the program runs on.
import { z } from 'zod';
import { type Command, globalOptions, type OptionSpec } from '../packages/tearless/src/cli/core/command.ts';
import { exitCodes } from '../packages/tearless/src/cli/core/exit-codes.ts';
import { renderOption, renderPositional, renderUsage } from '../packages/tearless/src/cli/core/help.ts';
import { listCommands, listNounsDeep } from '../packages/tearless/src/cli/core/registry.ts';
import { renderConfigJsonSchema } from '../packages/tearless/src/config/json-schema.ts';
import { Config } from '../packages/tearless/src/config/schema.ts';

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\n/g, ' ');

const renderOptionTable = (options: Record<string, OptionSpec>): string[] => [
  '| option | meaning |',
  '|---|---|',
  ...Object.entries(options).map(([name, spec]) => `| \`${renderOption(name, spec)}\` | ${cell(spec.summary)} |`),
];

const renderCommand = (name: string, command: Command): string[] => [
  `### tearless ${name}`,
  '',
  `\`${renderUsage(name, command)}\``,
  '',
  `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.${command.details === undefined ? '' : `\n\n${command.details}`}`,
  ...((command.positionals ?? []).length === 0
    ? []
    : [
        '',
        '| word | meaning |',
        '|---|---|',
        ...(command.positionals ?? []).map((spec) => `| \`${renderPositional(spec)}\` | ${cell(spec.summary)} |`),
      ]),
  ...(command.options === undefined ? [] : ['', ...renderOptionTable(command.options)]),
  '',
  '```sh',
  ...command.examples.map(([line, what]) => `${line}   # ${what}`),
  '```',
  ...(command.json === undefined ? [] : ['', `With \`--json\`: an object of schema \`${command.json}\`.`]),
  '',
];

const renderCommands = async (): Promise<string> => {
  const sections: string[] = [];
  const entries = [...listCommands(), ...(await listNounsDeep()).flatMap(({ name }) => listCommands(name))];
  for (const entry of entries) {
    const command = await entry.load();
    if (command.hidden !== true) sections.push(...renderCommand(entry.path.join(' '), command));
  }
  return [
    '# The command line',
    '',
    'Made by `npm run docs` from the commands themselves.',
    '',
    '## Everywhere',
    '',
    ...renderOptionTable(globalOptions),
    '',
    '## Exit codes',
    '',
    '| code | when |',
    '|---|---|',
    ...Object.entries(exitCodes).map(
      ([name, code]) => `| ${code} | ${name.replace(/([A-Z])/g, ' $1').toLowerCase()} |`,
    ),
    '',
    '## Commands',
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
};

interface Json {
  readonly type?: string | string[];
  readonly description?: string;
  readonly properties?: Record<string, Json>;
  readonly additionalProperties?: Json | boolean;
  readonly items?: Json;
  readonly anyOf?: Json[];
  readonly required?: string[];
  readonly enum?: unknown[];
  readonly const?: unknown;
}

const renderType = (schema: Json): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(renderType))].join(' or ');
  if (schema.type === 'array') return `list of ${renderType(schema.items ?? {})}`;
  if (schema.type === 'object')
    return schema.properties === undefined
      ? `map to ${renderType(typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {})}`
      : 'map';
  return String(schema.type ?? 'any');
};

const renderKeys = (path: string, schema: Json): string[] => {
  const forms = schema.anyOf ?? [schema];
  return forms.flatMap((form) => {
    const rows = Object.entries(form.properties ?? {}).flatMap(([key, value]) => [
      `| \`${path}${key}\` | ${cell(renderType(value))} | ${form.required?.includes(key) === true ? 'yes' : ''} | ${cell(value.description ?? '')} |`,
      ...renderKeys(`${path}${key}.`, value),
    ]);
    const more =
      typeof form.additionalProperties === 'object' ? renderKeys(`${path}NAME.`, form.additionalProperties) : [];
    const items = form.items === undefined ? [] : renderKeys(`${path.replace(/\.$/, '')}[].`, form.items);
    return [...rows, ...more, ...items];
  });
};

const renderConfigReference = (): string =>
  [
    '# tearless.yaml',
    '',
    'Made by `npm run docs` from the schema that checks it. Editors take [tearless.schema.json](tearless.schema.json).',
    '',
    '| key | form | needed | meaning |',
    '|---|---|---|---|',
    ...renderKeys('', z.toJSONSchema(Config, { io: 'input' }) as Json),
    '',
  ].join('\n');

/** File names below docs/reference with their contents. */
export const renderReference = async (): Promise<Map<string, string>> =>
  new Map([
    ['cli.md', await renderCommands()],
    ['configuration.md', renderConfigReference()],
    ['tearless.schema.json', renderConfigJsonSchema()],
  ]);
