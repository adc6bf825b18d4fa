// A fleet in figures: relays that run, their memory, by allocator and by host. Values only.
import type { RelayView } from './relay-view.ts';

export interface GroupSummary {
  /** `mimalloc 2.0.9`, `h1`. */
  readonly name: string;
  readonly relays: number;
  /** Those with a process. */
  readonly running: number;
  readonly rssBytes: number;
  readonly pssBytes: number;
  /** Of those that run; 0 where none does. */
  readonly averageRssBytes: number;
  readonly averagePssBytes: number;
}

export interface FleetSummary extends Omit<GroupSummary, 'name'> {
  /** Findings of warning, and relays that are missing or could not be asked. */
  readonly findings: number;
  readonly byAllocator: readonly GroupSummary[];
  readonly byHost: readonly GroupSummary[];
}

const summarise = (name: string, relays: readonly RelayView[]): GroupSummary => {
  const memories = relays.flatMap(({ memory }) => (memory === undefined ? [] : [memory]));
  const sum = (pick: (memory: (typeof memories)[number]) => number): number =>
    memories.reduce((total, memory) => total + pick(memory), 0);
  const [rssBytes, pssBytes] = [sum((memory) => memory.rssBytes), sum((memory) => memory.pssBytes)];
  const average = (total: number): number => (memories.length === 0 ? 0 : Math.round(total / memories.length));
  return {
    name,
    relays: relays.length,
    running: memories.length,
    rssBytes,
    pssBytes,
    averageRssBytes: average(rssBytes),
    averagePssBytes: average(pssBytes),
  };
};

const group = (relays: readonly RelayView[], nameOf: (relay: RelayView) => string): GroupSummary[] =>
  [...Map.groupBy(relays, nameOf)]
    .map(([name, members]) => summarise(name, members))
    .sort((a, b) => b.relays - a.relays || (a.name < b.name ? -1 : 1));

/** What a relay counts under: its allocator with its version, or why it has none. */
export const nameAllocator = ({ loaded, state }: RelayView): string =>
  loaded === undefined
    ? `(${state === 'active' ? 'not known' : state})`
    : [loaded.name, loaded.version].filter((word) => word !== undefined).join(' ');

export const summariseFleet = (relays: readonly RelayView[]): FleetSummary => {
  const { name: _, ...all } = summarise('', relays);
  return {
    ...all,
    findings: relays.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'warning').length,
    byAllocator: group(relays, nameAllocator),
    byHost: group(relays, ({ host }) => host),
  };
};
