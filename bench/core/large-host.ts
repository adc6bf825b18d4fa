// A host as large as real ones are: 142 real tor instances, each with a drop-in and a torrc that names the whole family. They
// run without a network, so that only what reads or changes the host is measured.
import assert from 'node:assert/strict';
import type { LabRecord } from '@tearless/lab/base/lab-state.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import type { BenchmarkContext } from './benchmark.ts';
import { createEnrolledHosts } from './enrolled-hosts.ts';

export const relayCount = 142;
/** So many are made and started together: each makes its keys and answers systemd only then. */
const atOnce = 10;
const diskBytes = 2 * 2 ** 30;

const names = Array.from({ length: relayCount }, (_, index) => `relay${String(index).padStart(3, '0')}`);

/** Names all relays of the host. Their real fingerprints come with their first start; nobody here compares them. */
const family = names.map((_, index) => `$${index.toString(16).toUpperCase().padStart(40, 'A')}`).join(',');

const torrcOf = (name: string, index: number): string =>
  `Nickname ${name}
ContactInfo operator@example.net
ORPort 127.0.0.1:${20_000 + index}
SocksPort 0
ExitRelay 0
MaxMemInQueues 512 MB
MyFamily ${family}
DisableNetwork 1
`;

const writeDropIns = `
set -eu
library=$(ls /usr/lib/*/libmimalloc.so.2)
for name; do
  mkdir "/etc/systemd/system/tor@$name.service.d"
  printf '[Service]\\nEnvironment=LD_PRELOAD=%s\\n' "$library" >"/etc/systemd/system/tor@$name.service.d/50-allocator.conf"
done
systemctl daemon-reload
`;

const startAll = async (host: LabHost, { progress, signal }: BenchmarkContext): Promise<void> => {
  progress(`making and starting ${relayCount} instances`);
  for (let at = 0; at < names.length; at += atOnce) {
    signal.throwIfAborted();
    const some = names.slice(at, at + atOnce);
    await addRelays(
      host,
      some.map((name, offset) => ({ name, torrc: torrcOf(name, at + offset) })),
    );
    await execOnHost(host, ['sh', '-s', '--', ...some], { input: writeDropIns });
    await startRelays(host, some);
  }
  const active = await execOnHost(host, ['systemctl', 'list-units', '--no-legend', '--state=running', 'tor@*']);
  assert.equal(active.trim().split('\n').length, relayCount, 'all instances run');
};

/** Makes it; the host is enrolled. */
export const createLargeHost = async (lab: LabRecord, context: BenchmarkContext): Promise<LabHost> => {
  const [lone] = await createEnrolledHosts({
    lab,
    hosts: [{ name: 'large', suite: 'bookworm', diskBytes }],
    onProgress: context.progress,
    signal: context.signal,
  });
  assert.ok(lone);
  await startAll(lone, context);
  return lone;
};
