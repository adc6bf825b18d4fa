// Takes back what `host add` did: login, helper, sudoers line, pinned key, and the host's entry in the configuration.
import { refusal } from '../../core/cli-error.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: "take back what 'host add' did and undeclare the host",
  details:
    'Logs in once with --via, as host add did. Relays on the host must be undeclared first; they go on running untouched.\nThe journals of runs stay on the host unless --purge: without them its runs cannot be undone.',
  examples: [
    ['tearless host remove h1', 'logs in as root once; asks first'],
    ['tearless host remove h1 --forget', 'a host that is gone: only the configuration and the pinned key'],
  ],
  positionals: [{ name: 'NAME', summary: 'a declared host', required: true, complete: 'host' }],
  options: {
    via: { type: 'string', value: 'USER', summary: 'who takes it back: root by default, or one with sudo' },
    identity: { type: 'string', value: 'FILE', summary: 'the key of --via; else what ssh finds', complete: 'file' },
    purge: { type: 'boolean', summary: 'remove the journals of runs from the host too' },
    forget: { type: 'boolean', summary: 'touch nothing on the host' },
    yes: { type: 'boolean', summary: 'do not ask' },
  },
  json: 'tearless.host-remove/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [config, words, setting, edit, files, { statePaths }, { confirm }, { readHostNames }, { listRelays }] =
      await Promise.all([
        import('../../core/config-file.ts'),
        import('../../core/host-words.ts'),
        import('../../core/set-up-host.ts'),
        import('../../../config/edit.ts'),
        import('../../core/own-files.ts'),
        import('../../core/state-paths.ts'),
        import('../../core/confirm.ts'),
        import('../../core/named-hosts.ts'),
        import('../../../config/desired.ts'),
      ]);
    const { output, surroundings, signal } = context;
    const { file, config: before } = await config.loadConfig(context);
    readHostNames(before, [name]);
    const relays = listRelays(before).filter(({ host }) => host === name);
    if (relays.length > 0)
      throw refusal({
        code: 'host-has-relays',
        message: `${file.path} declares ${relays.length} relays on ${name}`,
        subject: name,
        hint: 'take them out of the configuration first; they go on running untouched',
      });
    const host = before.hosts[name] ?? {};
    const onHost = options.forget !== true && host.user !== 'root' && host.local !== true;
    const text = edit.undeclareHost(file.text, file.path, name);
    const state = statePaths(surroundings);
    const question = onHost
      ? `remove login, helper and sudoers line of Tearless from ${name}${options.purge === true ? ', and the journals of its runs' : ''}, and undeclare it`
      : `undeclare ${name} and touch nothing on it`;
    if (options.yes !== true && !(await confirm(context, question))) {
      output.note('nothing was changed');
      return exitCodes.done;
    }
    const setup = onHost
      ? words.readHostWords({ ...options, name, asRoot: false }, before, file.path, surroundings.cwd)
      : undefined;
    if (setup !== undefined)
      await (await import('../../core/refuse-locked.ts')).refuseLocked(before, file, name, context);
    const changed = setup === undefined ? [] : await setting.takeDownHost(setup, state, options.purge === true, signal);
    files.replaceFile(file.path, file.text, text);
    setting.forgetHostKey(state, name);
    output.result('tearless.host-remove/v1', { host: name, changed: [...changed], config: file.path }, () => [
      ...changed.map((line) => `${name}: ${line}`),
      `undeclared ${name} in ${file.path}`,
    ]);
    return exitCodes.done;
  },
});
