// Every relay after the end of an experiment, one by one: runs, has loaded what it shall, and would load it again. Pure.

import type { AllocatorConfig } from '../../config/schema.ts';
import { mergeEnvironment } from '../../daemon/drop-in.ts';
import type { HostFacts } from '../../facts/observed.ts';

export interface VerifyInput {
  /** Relays to look at, `host/instance`, with the names of the allocators that each may have; empty: any. */
  readonly relays: ReadonlyMap<string, readonly string[]>;
  readonly allocators: Readonly<Record<string, AllocatorConfig>>;
  readonly hosts: ReadonlyMap<string, HostFacts>;
}

export interface VerifiedRelay {
  readonly relay: string;
  readonly isRight: boolean;
  /** The target's name, or what was found instead. */
  readonly allocator: string;
  /** What proves it: the mapped file and its build-id; or what is wrong. */
  readonly evidence: string;
}

const wrong = (relay: string, evidence: string, allocator = 'none'): VerifiedRelay => ({
  relay,
  isRight: false,
  allocator,
  evidence,
});

const verify = (relay: string, wanted: readonly string[], input: VerifyInput): VerifiedRelay => {
  const [host = '', name = ''] = relay.split('/');
  const facts = input.hosts.get(host);
  const instance = facts?.instances.find((candidate) => candidate.name === name);
  if (facts === undefined) return wrong(relay, `${host} did not answer`);
  if (instance === undefined) return wrong(relay, 'there is no such instance');
  if (instance.activeState !== 'active' || instance.process === undefined)
    return wrong(relay, `${instance.unit} is ${instance.activeState}`);
  const { allocator, buildId, path } = instance.process.allocator;
  const targetOf = (candidate: string): boolean => {
    const config = input.allocators[candidate];
    return config === undefined
      ? candidate === 'glibc' && allocator === 'glibc'
      : buildId !== undefined && config.buildIds.includes(buildId);
  };
  const found = (wanted.length > 0 ? wanted : Object.keys(input.allocators)).find(targetOf) ?? allocator;
  const proof = `PID ${instance.mainPid} maps ${path}${buildId === undefined ? '' : `, build-id ${buildId}`}`;
  if (wanted.length > 0 && !wanted.some(targetOf))
    return wrong(relay, `${proof}: not ${wanted.join(' or ')}`, allocator);
  const preload = mergeEnvironment(instance.dropIns.map(({ text }) => text)).get('LD_PRELOAD') ?? '';
  const config = input.allocators[found];
  if (wanted.length > 0 && preload !== (config?.library ?? ''))
    return wrong(relay, `${proof}, but its next start would preload ${preload || 'nothing'}`, found);
  if (instance.needDaemonReload) return wrong(relay, `${proof}, but systemd has not read its files again`, found);
  return { relay, isRight: true, allocator: found, evidence: proof };
};

export const verifyRelays = (input: VerifyInput): VerifiedRelay[] =>
  [...input.relays].map(([relay, wanted]) => verify(relay, wanted, input));

/** `mimalloc 128, jemalloc 14` */
export const countAllocators = (relays: readonly VerifiedRelay[]): string => {
  const counts = new Map<string, number>();
  for (const { allocator } of relays) counts.set(allocator, (counts.get(allocator) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
};

/** Allocators loaded, against the counts that the shares mean. */
export const findWrongCounts = (relays: readonly VerifiedRelay[], counts: ReadonlyMap<string, number>): string[] =>
  [...counts].flatMap(([name, wanted]) => {
    const found = relays.filter(({ allocator }) => allocator === name).length;
    return found === wanted ? [] : [`${found} relays have ${name}, not ${wanted}`];
  });
