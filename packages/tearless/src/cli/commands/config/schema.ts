// Prints the JSON Schema of tearless.yaml for editors.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'print the JSON Schema of tearless.yaml, for editors',
  examples: [
    ['tearless config schema > tearless.schema.json', 'then `# yaml-language-server: $schema=tearless.schema.json`'],
  ],
  async run(context) {
    const { renderConfigJsonSchema } = await import('../../../config/json-schema.ts');
    context.surroundings.stdout.write(renderConfigJsonSchema());
    return exitCodes.done;
  },
});
