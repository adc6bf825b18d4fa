// What both contenders are asked for on each host: write a file, write a drop-in, reload systemd if a file was written, and
// check a unit.
import type { SshDestination } from 'tearless/host/ssh/destination.ts';

export const unit = 'tor@bench.service';

export const files = [
  { path: '/etc/tor/torrc.d/bench.conf', content: 'MaxMemInQueues 512 MB\nNumCPUs 2\n' },
  { path: `/etc/systemd/system/${unit}.d/50-bench.conf`, content: '[Service]\nLimitNOFILE=32768\n' },
] as const;

export const attributes = { mode: 0o644, owner: 'root', group: 'root' } as const;

/** What `ours.ts` reads from its standard input. */
export interface Targets {
  readonly hosts: readonly { readonly name: string; readonly destination: SshDestination }[];
}

/** What `ours.ts` prints: how many files it wrote on each host. */
export type Written = Readonly<Record<string, number>>;
