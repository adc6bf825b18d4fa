// Writes a tearless.yaml to start from, with its JSON Schema beside it for editors.
import { defineCommand } from '../core/command.ts';
import { exitCodes } from '../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'write a tearless.yaml to start from',
  details:
    'Writes tearless.yaml (or the file that --config names) with a comment on every part, and its JSON Schema\nbeside it, with which editors complete and check. Refuses to write over a file.',
  examples: [
    ['tearless init --fleet mine', 'an empty fleet that explains itself'],
    ['tearless init --example', 'a first fleet in ten lines: one host, two relays, one allocator'],
  ],
  options: {
    fleet: { type: 'string', value: 'NAME', summary: 'the fleet’s name; else that of the folder' },
    example: { type: 'boolean', summary: 'a filled-in fleet of ten lines instead of an empty one' },
  },
  json: 'tearless.init/v1',
  async run({ surroundings, output, configOption }, { options }) {
    const [{ dirname, join, resolve }, { existsSync }, first, { renderConfigJsonSchema }, files] = await Promise.all([
      import('node:path'),
      import('node:fs'),
      import('../../config/first-config.ts'),
      import('../../config/json-schema.ts'),
      import('../core/own-files.ts'),
    ]);
    const { configName } = await import('../core/config-file.ts');
    const { parseConfig } = await import('../../config/parse.ts');
    const { nameFleet } = await import('../core/fleet-name.ts');
    const path = resolve(surroundings.cwd, configOption ?? configName);
    const fleet = nameFleet(options.fleet, dirname(path));
    const text = options.example === true ? first.renderExampleConfig(fleet) : first.renderFirstConfig(fleet);
    parseConfig(text, path);
    files.writeNewFile(path, text, 'edit it, or name another file with --config');
    const schema = join(dirname(path), first.schemaFileName);
    const writesSchema = !existsSync(schema);
    if (writesSchema) files.writeNewFile(schema, renderConfigJsonSchema(), 'remove it');
    output.result('tearless.init/v1', { path, fleet, schema, wroteSchema: writesSchema }, () => [
      `wrote ${path}${writesSchema ? ` and ${first.schemaFileName}` : ''}`,
      'next:',
      '  tearless host add h1 --address ADDRESS --via root   # sets the host up and writes it down',
      '  tearless adopt --write                              # reads what runs there; touches nothing',
      '  tearless plan                                       # shows what differs; edit, plan, apply',
    ]);
    return exitCodes.done;
  },
});
