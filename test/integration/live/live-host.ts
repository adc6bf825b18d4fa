// A real host (systemd, sshd, Debian's unit with its hardening) in a private network, for relays that run builds for live updates, and
// what an operator has for that: two builds, of which the later names itself otherwise, and the rules of the step between them.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { labNamespace } from '@tearless/lab/base/lab-name.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import { type StartNetworkOptions, startNetwork } from '@tearless/lab/network/start-network.ts';
import { inFile, replace } from 'tearless/live/testing/edit-source.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';

/** Its version is another one, and stands in a cache of the running program. */
const versionEdit = inFile('src/lib/version/version.c', replace('#endif\n  "";', '#endif\n  "-carried";'));
const drop = `{ variables: { 'version.c:the_tor_version': zero }, calls: ['mark_my_descriptor_dirty("carried")'] }`;
export const rules = `schema: tearless.live-rules/v1\nup: ${drop}\ndown: ${drop}\n`;

/** Other work on the machine holds a thread up between two of its own steps: what is tested here is not how long that takes. */
export const patience = ['--max-pause', '500ms'];

/** Puts the former build into the first folder, and its successor into each of the others. @param configure more for both */
export const layBuilds = async (
  [former, ...later]: readonly [former: string, ...later: string[]],
  configure: readonly string[] = [],
): Promise<void> => {
  const [first = '', next = ''] = await ensureBuilds([versionEdit], { configure });
  const lay = (from: string, to: string): void => {
    mkdirSync(to, { recursive: true });
    for (const name of ['tor', 'tor.o', 'manifest.json']) cpSync(join(from, name), join(to, name));
  };
  lay(first, former);
  for (const directory of later) lay(next, directory);
};

/** As a build's manifest says it. */
export const readManifest = (directory: string): { readonly version: string; readonly buildId: string } =>
  JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'));

export interface RelaySpec {
  readonly name: string;
  /** Beside what all have. */
  readonly lines?: readonly string[];
}

export class LiveHost implements AsyncDisposable {
  readonly host: LabHost;
  readonly network: Network;
  readonly #closing: AsyncDisposableStack;

  private constructor(host: LabHost, network: Network, closing: AsyncDisposableStack) {
    this.host = host;
    this.network = network;
    this.#closing = closing;
  }

  /** One host of the name `alpha`. Leaves nothing when it fails. */
  static async start(lab: string, ownOf?: StartNetworkOptions['ownOf']): Promise<LiveHost> {
    await using closing = new AsyncDisposableStack();
    closing.defer(() => dropLab(lab));
    const claimed = await claimLab(lab);
    const [host] = (await createHosts({ lab: claimed, hosts: [{ name: 'alpha', suite: 'bookworm' }] })) as [LabHost];
    const network = await startNetwork({
      ...{ authorities: 1, relays: 3, clients: 0, services: 0 },
      lab: claimed,
      inNamespace: labNamespace(lab),
      ...(ownOf === undefined ? {} : { ownOf }),
    });
    closing.defer(() => network.stop());
    return new LiveHost(host, network, closing.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing.disposeAsync();
  }

  /** The n-th has its ORPort at 9001 + n, its MetricsPort at 9101 + n. @param service more lines of the unit's `[Service]` */
  async startRelays(relays: readonly RelaySpec[], service: readonly string[] = []): Promise<void> {
    const { address } = this.host;
    const torrcOf = ({ name, lines = [] }: RelaySpec, index: number): string =>
      [
        ...this.network.commonTorrc,
        `Nickname live${name}`,
        `Address ${address}`,
        `ORPort ${address}:${9001 + index} IPv4Only`,
        `MetricsPort 127.0.0.1:${9101 + index}`,
        'MetricsPortPolicy accept 127.0.0.1',
        'ContactInfo lab@example.invalid',
        'ExitRelay 0',
        'SocksPort 0',
        ...lines,
        '',
      ].join('\n');
    const names = relays.map(({ name }) => name);
    await addRelays(
      this.host,
      relays.map((relay, index) => ({ name: relay.name, torrc: torrcOf(relay, index) })),
    );
    // These builds know nothing of systemd, so it is not to wait for their word.
    const unit = ['[Service]', 'Type=simple', ...service].join('\\n');
    await this.sh(`for name in ${names.join(' ')}; do
        mkdir -p "/etc/systemd/system/tor@$name.service.d"
        printf '${unit}\\n' >"/etc/systemd/system/tor@$name.service.d/10-lab.conf"
      done
      systemctl daemon-reload`);
    await startRelays(this.host, names);
  }

  async sh(script: string): Promise<string> {
    return (await execOnHost(this.host, ['sh', '-euc', script], { timeoutMs: 5 * 60_000 })).trimEnd();
  }

  /** What a configuration says of it and these relays. */
  declare(names: readonly string[]) {
    return {
      version: 1,
      network: 'lab',
      sshConfig: sshPaths(this.host.lab).config,
      hosts: { alpha: { user: 'root' } },
      relays: names.map((name) => `alpha/${name}`),
    };
  }
}
