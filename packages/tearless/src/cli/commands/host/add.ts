// Sets a host up for Tearless and declares it: an ordinary login with our key, one root-owned helper, its pinned host key.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'set a host up and declare it in the configuration',
  details:
    "Logs in once with --via (root, or a user who may run anything through sudo without a password) and makes: an ordinary\nlogin with Tearless’s own key, a root-owned helper of fixed verbs, one sudoers line for it. The host’s key is shown to\nbe compared, and pinned. Run again it brings the helper up to date and changes nothing else.\n'tearless host remove NAME' takes all of it back.",
  examples: [
    ['tearless host add h1 --address 192.0.2.7', 'logs in as root once; asks before it changes anything'],
    ['tearless host add h1 --address 192.0.2.7 --via admin --host-key SHA256:… --yes', 'for scripts'],
  ],
  positionals: [{ name: 'NAME', summary: 'the host’s name in the configuration', required: true, complete: 'host' }],
  options: {
    address: { type: 'string', value: 'ADDRESS', summary: 'name or address for ssh; NAME by default' },
    port: { type: 'string', value: 'PORT', summary: 'its ssh port' },
    user: {
      type: 'string',
      value: 'USER',
      summary: 'the ordinary login; tearless by default, made where it is missing',
    },
    via: { type: 'string', value: 'USER', summary: 'who sets it up this once: root by default, or one with sudo' },
    identity: { type: 'string', value: 'FILE', summary: 'the key of --via; else what ssh finds', complete: 'file' },
    'ssh-config': { type: 'string', value: 'FILE', summary: 'an ssh_config to reach it with', complete: 'file' },
    'host-key': { type: 'string', value: 'SHA256:…', summary: 'the fingerprint that its key must have' },
    'as-root': { type: 'boolean', summary: 'log in as root always: no ordinary login, no helper (not advised)' },
    yes: { type: 'boolean', summary: 'do not ask; a key that is not pinned yet needs --host-key' },
  },
  json: 'tearless.host-add/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [config, words, { confirmHost }, setting, edit, files, { statePaths }] = await Promise.all([
      import('../../core/config-file.ts'),
      import('../../core/host-words.ts'),
      import('../../core/confirm-host.ts'),
      import('../../core/set-up-host.ts'),
      import('../../../config/edit.ts'),
      import('../../core/own-files.ts'),
      import('../../core/state-paths.ts'),
    ]);
    const [
      { scanHostKey },
      { parseConfig },
      { createHosts },
      { inspectHost },
      { checkHost },
      checking,
      { renderChecks },
    ] = await Promise.all([
      import('../../../host/ssh/host-key.ts'),
      import('../../../config/parse.ts'),
      import('../../core/hosts.ts'),
      import('../../core/inspect-host.ts'),
      import('../../core/host-checks.ts'),
      import('../../core/check.ts'),
      import('../../core/render/check-lines.ts'),
    ]);
    const { output, surroundings, signal } = context;
    const state = statePaths(surroundings);
    const { file, config: before } = await config.loadConfig(context);
    const setup = words.readHostWords(
      { ...options, name, sshConfig: options['ssh-config'], asRoot: options['as-root'] === true },
      before,
      file.path,
      surroundings.cwd,
    );
    // Made before anything is changed: a configuration that cannot take the host stops here.
    const reached =
      setup.sshConfig === undefined ? file.text : edit.declareSshConfig(file.text, file.path, setup.sshConfig);
    const text = edit.declareHost(reached, file.path, name, setup.host);

    const key = await scanHostKey(name, setup.wayIn);
    const pinned = setting.readPinned(state, name);
    const consent = { fingerprint: options['host-key'], yes: options.yes === true };
    if (!(await confirmHost(context, setup, key, pinned, consent))) {
      output.note('nothing was changed');
      return exitCodes.done;
    }
    const changed = await setting.setUpHost(setup, key, state, signal);
    if (text !== file.text) files.replaceFile(file.path, file.text, text);
    const after = parseConfig(text, file.path);
    const hosts = createHosts(after, file, state);
    try {
      const libraries = Object.values(after.allocators ?? {}).map(({ library }) => library);
      const checks = checkHost(await inspectHost(hosts.get(name), after.hosts[name] ?? {}, libraries, context));
      output.result(
        'tearless.host-add/v1',
        {
          host: name,
          address: setup.wayIn.host,
          user: setup.login,
          hostKey: { type: key.type, fingerprint: key.fingerprint },
          changed: [...changed],
          config: file.path,
          declared: text !== file.text,
          checks: checking.describeChecks(checks),
        },
        () => [
          ...changed.map((line) => `${name}: ${line}`),
          ...(text === file.text ? [] : [`declared ${name} in ${file.path}`]),
          ...(changed.length === 0 && text === file.text ? [`${name}: all is as it should be`] : []),
          ...renderChecks(checks, output.style),
          `take it back with 'tearless host remove ${name}'`,
        ],
      );
      return checking.exitCodeOfChecks(checks);
    } finally {
      await hosts.close();
    }
  },
});
