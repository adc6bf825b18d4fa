// For tests: relays of a fleet as an experiment sees them.
import type { DesiredRelay } from '../../../config/desired.ts';
import type { HostFacts, InstanceFacts } from '../../../facts/observed.ts';
import { sampleHost, sampleInstance } from '../../../relays/testing/sample-fleet.ts';
import type { Candidate } from '../candidate.ts';

export interface CandidateChange {
  readonly host?: string;
  readonly instance?: Partial<InstanceFacts>;
  readonly facts?: Partial<HostFacts>;
  readonly flags?: readonly string[];
  readonly torrc?: DesiredRelay['torrc'];
  readonly rssBytes?: number;
  readonly weight?: number;
}

export const usualFlags = ['Running', 'Fast', 'Stable', 'V2Dir', 'HSDir', 'Guard'];

export const candidate = (name: string, change: CandidateChange = {}): Candidate => {
  const host = change.host ?? 'h1';
  const plain = sampleInstance(name);
  const process =
    plain.process === undefined || change.rssBytes === undefined
      ? plain.process
      : { ...plain.process, memory: { ...plain.process.memory, rssBytes: change.rssBytes } };
  const instance = sampleInstance(name, { ...(process === undefined ? {} : { process }), ...change.instance });
  return {
    relay: { id: `${host}/${name}`, host, instance: name, labels: {}, torrc: change.torrc ?? new Map() },
    facts: sampleHost(host, [instance], change.facts),
    instance,
    flags: new Set(change.flags ?? usualFlags),
    ...(change.weight === undefined ? {} : { weight: change.weight }),
  };
};

/** `r01`, `r02`, … on one host; memory and weight in an order of their own. */
export const candidates = (count: number, change: (index: number) => CandidateChange = () => ({})): Candidate[] =>
  Array.from({ length: count }, (_, index) =>
    candidate(`r${String(index + 1).padStart(2, '0')}`, {
      rssBytes: 1e9 + ((index * 37) % 101) * 1e6,
      weight: 1000 + ((index * 53) % 97) * 10,
      ...change(index),
    }),
  );
