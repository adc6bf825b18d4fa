// Takes the services of an Onionbalance configuration over into tearless.yaml.
import { resolve } from 'node:path';
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'take the services of an Onionbalance over into tearless.yaml',
  details:
    'Shows what it adds and where each key lies, and asks. Workers are taken over by their addresses and are not touched. Keys\nstay where they lie; with --copy-keys each is copied for its owner alone, and both places are named.',
  examples: [
    ['tearless balance import /etc/onionbalance/config.yaml', 'keys stay where they are'],
    ['tearless balance import config.yaml --name shop --copy-keys keys', 'named, its key copied to keys/shop.key'],
  ],
  positionals: [{ name: 'CONFIG', summary: 'config.yaml of an Onionbalance', required: true, complete: 'file' }],
  options: {
    name: {
      type: 'string',
      value: 'NAME',
      summary: 'what the first service is called, the second, …; else as its key file',
      multiple: true,
    },
    'copy-keys': {
      type: 'string',
      value: 'FOLDER',
      summary: 'copy keys there, with mode 0600',
      complete: 'directory',
    },
    yes: continueOptions.yes,
  },
  json: 'tearless.balance-import/v1',
  async run(context, { options, positionals: [path = ''] }) {
    const [{ readConfigFile }, imports, { replaceFile }, { confirm }, { renderImport }] = await Promise.all([
      import('../../core/config-file.ts'),
      import('../../core/balance/import-onionbalance.ts'),
      import('../../core/own-files.ts'),
      import('../../core/confirm.ts'),
      import('../../core/balance/import-lines.ts'),
    ]);
    const { output, surroundings } = context;
    const file = readConfigFile(context);
    const folder = options['copy-keys'];
    const services = await imports.readOnionbalance(
      {
        path: resolve(surroundings.cwd, path),
        names: options.name ?? [],
        copyTo: folder === undefined ? undefined : resolve(surroundings.cwd, folder),
      },
      file,
    );
    const text = imports.declareImported(services, file);
    if (!output.json) for (const line of renderImport(services, file, text, output.errorStyle)) output.note(line);
    if (options.yes !== true && !(await confirm(context, `put this into ${file.path}`))) {
      surroundings.stderr.write('nothing was changed\n');
      return exitCodes.done;
    }
    imports.copyKeys(services);
    replaceFile(file.path, file.text, text);
    const value = services.map(({ name, address, keyFrom, keyPath, workers }) => ({
      name,
      address,
      keyLiesIn: [...new Set([keyFrom, keyPath])],
      workers: workers.map(({ id, onionAddress }) => ({ worker: id, address: onionAddress })),
    }));
    output.result('tearless.balance-import/v1', { services: value }, () => [
      ...services.map(({ name }) => `${name} stands in ${file.path}`),
      "stop the Onionbalance, then let 'tearless balance run' serve them: what directories hold of it is overtaken; going back to it may be refused by them for some time",
    ]);
    return exitCodes.done;
  },
});
