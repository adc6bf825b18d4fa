// Shows what is in force for each relay, and with --origin where each value came from.

import { defineCommand } from '../../core/command.ts';
import { loadConfig } from '../../core/config-file.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show what the configuration asks of each relay',
  details: 'With --origin each value is followed by the place it came from.',
  examples: [
    ['tearless config show', 'relays with allocator, torrc settings and labels'],
    ['tearless config show --origin', 'the same with file:line for every value'],
  ],
  options: { origin: { type: 'boolean', summary: 'say where each value came from' } },
  json: 'tearless.config/v1',
  async run(context, { options }) {
    const { file, config } = await loadConfig(context);
    const { traceOrigins } = await import('../../../config/origin.ts');
    const { style } = context.output;
    const { isSecretOption } = await import('../../../daemon/secret-options.ts');
    // A password that stands in the file is shown to nobody who merely looks over the shoulder.
    const origins = traceOrigins(config, file.text, file.path).map((entry) =>
      isSecretOption(/\.torrc\.([^.]+)$/.exec(entry.name)?.[1] ?? '') ? { ...entry, value: '[sensitive]' } : entry,
    );
    context.output.result(
      'tearless.config/v1',
      { path: file.path, foundBy: file.foundBy, fleet: config.fleet, values: origins.map((origin) => ({ ...origin })) },
      () => [
        `# ${file.path} (${file.foundBy})`,
        ...origins.map(
          ({ name, value, origin }) =>
            `${name} = ${value}${options.origin === true ? style.dim(`   # ${origin}`) : ''}`,
        ),
      ],
    );
    return exitCodes.done;
  },
});
