// Brings a lab up and lets it live on: network, hosts, a fleet, and the configurations with which ssh and tearless reach it.
import { usageError } from '../../core/cli-error.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

const readCount = (text: string | undefined, fallback: number, option: string): number => {
  if (text === undefined) return fallback;
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw usageError(`${option} ${text} is no number from 1 to 99`, `such as ${option} ${fallback}`);
};

export const command = defineCommand({
  summary: 'bring a lab up: a private Tor network, hosts, relays on them',
  details:
    'Needs root, for namespaces. The first time a root file system is made, which takes half a minute.\nWhat a killed lab left behind is removed first.',
  examples: [
    ['tearless lab up', 'two Debian 12 hosts with four relays each'],
    ['tearless lab up big --hosts 3 --relays 6 --suite trixie', 'three Debian 13 hosts'],
  ],
  positionals: [{ name: 'NAME', summary: "the lab's name; lab by default" }],
  options: {
    hosts: { type: 'string', value: 'N', summary: 'how many hosts; 2 by default' },
    relays: { type: 'string', value: 'N', summary: 'relays on each host; 4 by default' },
    suite: {
      type: 'string',
      value: 'SUITE',
      summary: 'bookworm (Debian 12) or trixie (Debian 13)',
      complete: ['bookworm', 'trixie'],
    },
  },
  json: 'tearless.lab/v1',
  async run(context, { options, positionals: [name = 'lab'] }) {
    const [{ bringLabUp }, { detachLab }, { parseSuite }, { asCliError }] = await Promise.all([
      import('../../core/lab-up.ts'),
      import('@tearless/lab/base/claim-lab.ts'),
      import('@tearless/lab/hosts/rootfs/recipe.ts'),
      import('../../core/lab-error.ts'),
    ]);
    try {
      const suite = parseSuite(options.suite ?? 'bookworm');
      const suites = Array.from({ length: readCount(options.hosts, 2, '--hosts') }, () => suite);
      const relaysPerHost = readCount(options.relays, 4, '--relays');
      const { signal, output } = context;
      const { lab, configPath, sshConfigPath } = await bringLabUp({
        name,
        suites,
        relaysPerHost,
        signal,
        onProgress: output.note,
      });
      detachLab(lab.record);
      await lab.network.disconnect();
      const hosts = lab.hosts.map(({ name: host, address }) => ({ name: host, address }));
      const relays = lab.fleet.map(({ host, name: relay, fingerprint }) => ({
        relay: `${host}/${relay}`,
        fingerprint,
      }));
      output.result('tearless.lab/v1', { name, config: configPath, sshConfig: sshConfigPath, hosts, relays }, () => [
        `lab ${name} is up: ${hosts.length} hosts, ${relays.length} relays`,
        `  tearless relay ls --config ${configPath}`,
        `  ssh -F ${sshConfigPath} ${hosts[0]?.name ?? 'h1'}`,
        `  tearless lab down ${name}`,
      ]);
      return exitCodes.done;
    } catch (error) {
      throw asCliError(error);
    }
  },
});
