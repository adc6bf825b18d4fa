// Reads a fleet that runs already and writes it down; proves that a plan made with what it wrote changes nothing.
import { refusal, usageError } from '../core/cli-error.ts';
import { defineCommand } from '../core/command.ts';
import { exitCodes } from '../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'read a fleet that runs already into a tearless.yaml; touches nothing on the hosts',
  details:
    'Reads the hosts named, or those that the configuration declares, and declares what runs there: relays with their\nfingerprints, allocators with version and build-id. Then plans with it: the plan must be empty.\nWithout --write or --out the configuration goes to standard output.',
  examples: [
    ['tearless adopt --write', 'the hosts that tearless.yaml declares, into it'],
    ['tearless adopt h1 h2 --user root --address h1=192.0.2.7', 'hosts that are not declared yet; only shows'],
    ['tearless adopt --out found.yaml', 'beside the configuration, to compare'],
  ],
  positionals: [
    { name: 'HOST', summary: 'hosts to read; else all that are declared', variadic: true, complete: 'host' },
  ],
  options: {
    address: {
      type: 'string',
      value: 'NAME=ADDRESS',
      summary: 'name or address of a HOST; its name by default',
      multiple: true,
    },
    user: {
      type: 'string',
      value: 'USER',
      summary: 'who to log in as on HOSTs that are not declared; tearless by default',
    },
    port: { type: 'string', value: 'PORT', summary: 'their ssh port' },
    'ssh-config': { type: 'string', value: 'FILE', summary: 'an ssh_config to reach them with', complete: 'file' },
    fleet: { type: 'string', value: 'NAME', summary: 'the fleet’s name; else that of the configuration or the folder' },
    write: { type: 'boolean', summary: 'write it into the configuration, which declares no relays yet' },
    out: { type: 'string', value: 'FILE', summary: 'write it to a new file', complete: 'file' },
  },
  json: 'tearless.adopt/v1',
  async run(context, { options, positionals }) {
    const { output, surroundings } = context;
    if (options.write === true && options.out !== undefined)
      throw usageError('--write and --out name two places', 'give one of them');
    const [{ readAdoptTarget }, { proveAdoption }, files, { resolve }] = await Promise.all([
      import('../core/adopt-target.ts'),
      import('../core/prove-adoption.ts'),
      import('../core/own-files.ts'),
      import('node:path'),
    ]);
    const target = await readAdoptTarget(context, {
      hosts: positionals,
      addresses: options.address ?? [],
      user: options.user,
      port: options.port,
      sshConfig: options['ssh-config'],
      fleet: options.fleet,
    });
    if (options.write === true && target.declaredRelays > 0)
      throw refusal({
        code: 'adopt-has-relays',
        message: `${target.path} declares ${target.declaredRelays} relays already`,
        subject: target.path,
        hint: "see what is there with 'tearless adopt --out found.yaml' and take over what is missing by hand",
      });
    const out = options.out === undefined ? undefined : resolve(surroundings.cwd, options.out);
    const path = options.write === true ? target.path : out;
    const { text, relays, notes, fleet } = await proveAdoption(target, context);
    if (path !== undefined) {
      if (path === target.path && target.text !== undefined && options.write === true)
        files.replaceFile(path, target.text, text);
      else files.writeNewFile(path, text, 'name another file');
    }
    if (!output.json) {
      if (path !== undefined) output.note(`wrote ${path}`);
      output.note(
        `${output.errorStyle.good('proved')} ${relays} relays on ${target.names.length} hosts: a plan made with it is empty; nothing was touched on the hosts`,
      );
    }
    output.result(
      'tearless.adopt/v1',
      {
        path: path ?? null,
        fleet,
        hosts: [...target.names],
        relays,
        planIsEmpty: true,
        notes: notes.map((note) => ({ ...note })),
        text,
      },
      () => (path === undefined ? [text.trimEnd()] : []),
    );
    return exitCodes.done;
  },
});
