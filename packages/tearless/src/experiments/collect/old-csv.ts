// A collection as rows of memory_measurements.csv, for tools that know only that form. Pure; what it cannot say is left out.
import { exportCsv } from '../load/export-csv.ts';
import type { Arm } from '../model/experiment.ts';
import { type Measurements, noArm, noProof } from '../model/measurements.ts';
import type { CollectedHost, Collection, CollectionTarget } from './collect-once.ts';

/** Older tools take a snapshot's rows by equal times, and know whole seconds. */
const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

const toMeasurements = (
  { host, atMs, relays }: CollectedHost,
  arms: readonly Arm[],
  armOf: (relay: string) => string | undefined,
): Measurements => {
  const instant = Float64Array.of(wholeSecond(atMs));
  const none = { atMs: new Float64Array(0), observedBps: new Float64Array(0), advertisedBps: new Float64Array(0) };
  return {
    info: { id: host, title: host, arms, control: undefined, assignment: { method: 'unknown' }, timeZone: 'utc' },
    relays: relays.map(({ id, nickname, fingerprint }) => ({
      id,
      nickname,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    })),
    samples: relays.map(({ id, rssKib, virtualKib, peakKib }) => {
      const arm = arms.findIndex((one) => one.id === armOf(id));
      return {
        atMs: instant,
        rssKib: Uint32Array.of(rssKib),
        virtualKib: Uint32Array.of(virtualKib),
        peakKib: Uint32Array.of(peakKib),
        arm: Uint16Array.of(arm === -1 ? noArm : arm),
        proof: Uint16Array.of(noProof),
        figures: new Map(),
      };
    }),
    traffic: relays.map(() => ({ ...none, writtenBps: new Float64Array(0) })),
    flags: relays.map(() => []),
    proofs: [],
    aggregates: [],
    events: [],
    servers: [{ server: host, fromMs: atMs, toMs: atMs, rows: relays.length }],
    snapshots: instant,
    gaps: [],
    problems: [],
  };
};

export interface CsvRows {
  readonly header: string;
  readonly rows: readonly string[];
}

/** Each relay has the group of the first target that gives it one. */
export const renderCsvRows = ({ hosts }: Collection, targets: readonly CollectionTarget[]): CsvRows => {
  const armOf = (relay: string): string | undefined =>
    targets.map(({ relays }) => relays.get(relay)).find((arm) => arm !== undefined);
  const names = new Set(
    hosts.flatMap(({ relays }) => relays.map(({ id }) => armOf(id)).filter((arm) => arm !== undefined)),
  );
  const arms = [...names].map((id): Arm => ({ id, name: id, config: {} }));
  let header = '';
  const rows: string[] = [];
  for (const host of hosts) {
    const [first = '', ...own] = exportCsv(toMeasurements(host, arms, armOf));
    header = first;
    rows.push(...own);
  }
  return { header, rows };
};
