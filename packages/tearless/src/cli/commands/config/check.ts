// Reads the configuration and says whether it is right; touches no host.

import { defineCommand } from '../../core/command.ts';
import { loadConfig } from '../../core/config-file.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'say whether the configuration is right',
  examples: [['tearless config check', 'every problem with file:line:column']],
  json: 'tearless.config-check/v1',
  async run(context) {
    const { file, config } = await loadConfig(context);
    const value = {
      path: file.path,
      fleet: config.fleet,
      hosts: Object.keys(config.hosts).length,
      relays: config.relays.length,
    };
    context.output.result('tearless.config-check/v1', value, () => [
      `${context.output.style.good('right')} ${file.path}: fleet ${config.fleet}, ${value.hosts} hosts, ${value.relays} relays`,
    ]);
    return exitCodes.done;
  },
});
