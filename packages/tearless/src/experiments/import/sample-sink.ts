// Samples of one source on their way into blocks: put in order, the same relay at the same instant kept once.
import type { StoredBlock } from '../../store/experiment-sources.ts';
import type { RelayKey, SampleHead } from '../load/block-heads.ts';
import { appendDecoded, encodeSamples, type SampleColumns } from '../load/sample-block.ts';
import { isSameSample, orderRows, SampleRows } from '../load/sample-rows.ts';
import { describeRepeat } from '../model/import-problem.ts';
import type { ServerSpan } from '../model/measurements.ts';
import type { ProblemLog } from './problem-log.ts';

/** Rows that are held in memory before they are written. */
export const segmentRows = 524_288;

/** Reads back what was written of this source in a span of time. */
export type ReadBack = (
  fromMs: number,
  toMs: number,
) => AsyncIterable<{ readonly head: SampleHead; readonly columns: SampleColumns }>;

export class SampleSink {
  readonly rows = new SampleRows(4096);
  readonly relays: RelayKey[] = [];
  readonly arms: string[] = [];
  /** Rows kept, over all segments. */
  kept = 0;
  readonly #log: ProblemLog;
  readonly #byNickname = new Map<string, Map<string, number>>();
  readonly #lone = new Map<string, number>();
  readonly #arms = new Map<string, number>();
  readonly #servers = new Map<string, { server: string; fromMs: number; toMs: number; rows: number }>();
  /** First and last instant of each relay that was written already. */
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  #server: { server: string; fromMs: number; toMs: number; rows: number } | undefined;

  constructor(log: ProblemLog) {
    this.#log = log;
  }

  get isFull(): boolean {
    return this.rows.length >= segmentRows;
  }

  /** @param fingerprint '' where there is none */
  relayOf(nickname: string, fingerprint: string): number {
    if (fingerprint === '') {
      const known = this.#lone.get(nickname);
      if (known !== undefined) return known;
      const index = this.relays.push({ nickname }) - 1;
      this.#lone.set(nickname, index);
      return index;
    }
    let own = this.#byNickname.get(nickname);
    if (own === undefined) {
      own = new Map();
      this.#byNickname.set(nickname, own);
    }
    let index = own.get(fingerprint);
    if (index === undefined) {
      index = this.relays.push({ nickname, fingerprint }) - 1;
      own.set(fingerprint, index);
    }
    return index;
  }

  armOf(arm: string): number {
    let index = this.#arms.get(arm);
    if (index === undefined) {
      index = this.arms.push(arm) - 1;
      this.#arms.set(arm, index);
    }
    return index;
  }

  countServer(server: string, atMs: number): void {
    let span = this.#server;
    if (span === undefined || span.server !== server) {
      span = this.#servers.get(server);
      if (span === undefined) {
        span = { server, fromMs: atMs, toMs: atMs, rows: 0 };
        this.#servers.set(server, span);
      }
      this.#server = span;
    }
    span.rows += 1;
    if (atMs < span.fromMs) span.fromMs = atMs;
    if (atMs > span.toMs) span.toMs = atMs;
  }

  /** Spans counted since the last time they were taken. */
  takeServers(): ServerSpan[] {
    const spans = [...this.#servers.values()];
    this.#servers.clear();
    this.#server = undefined;
    return spans;
  }

  #tell(row: number, keptLine: number, same: boolean): void {
    const { rows, relays } = this;
    const { nickname = '', fingerprint } = relays[rows.relay[row] ?? 0] ?? {};
    const atMs = rows.atMs[row] ?? 0;
    this.#log.add({
      code: 'duplicate-row',
      line: rows.line[row] ?? 0,
      message: describeRepeat(nickname || (fingerprint ?? ''), atMs, `line ${keptLine}`, same),
      relay: nickname,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      atMs,
      same,
    });
  }

  /** Rows of this segment that stand in blocks of earlier ones. */
  async #findWritten(order: Uint32Array, readBack: ReadBack): Promise<ReadonlySet<number>> {
    const { rows, relays } = this;
    const candidates = new Map<string, number>();
    let fromMs = Number.POSITIVE_INFINITY;
    let toMs = Number.NEGATIVE_INFINITY;
    for (const row of order) {
      const relay = rows.relay[row] ?? 0;
      const atMs = rows.atMs[row] ?? 0;
      if (!(atMs >= (this.#first[relay] ?? Number.NaN) && atMs <= (this.#last[relay] ?? Number.NaN))) continue;
      candidates.set(`${relay} ${atMs}`, row);
      fromMs = Math.min(fromMs, atMs);
      toMs = Math.max(toMs, atMs);
    }
    const written = new Set<number>();
    if (candidates.size === 0) return written;
    for await (const { head, columns } of readBack(fromMs, toMs)) {
      const before = new SampleRows(columns.rows);
      appendDecoded(before, head, columns, {
        relayOf: ({ nickname, fingerprint = '' }) => this.relayOf(nickname, fingerprint),
        armOf: (arm) => this.armOf(arm),
        proofOf: () => 0,
      });
      for (let index = 0; index < before.length; index += 1) {
        const row = candidates.get(`${before.relay[index]} ${before.atMs[index]}`);
        if (row === undefined || relays.length === 0) continue;
        written.add(row);
        this.#tell(row, before.line[index] ?? 0, isSameSample(before, index, rows, row));
      }
    }
    return written;
  }

  /** Everything that came since the last time, as blocks. */
  async flush(readBack: ReadBack): Promise<StoredBlock[]> {
    const { rows, relays } = this;
    const { order } = orderRows(rows.relay, rows.atMs, rows.length, relays.length);
    let kept = 0;
    for (let index = 0; index < order.length; index += 1) {
      const row = order[index] ?? 0;
      const before = order[kept - 1];
      if (
        kept > 0 &&
        before !== undefined &&
        rows.relay[before] === rows.relay[row] &&
        rows.atMs[before] === rows.atMs[row]
      ) {
        this.#tell(row, rows.line[before] ?? 0, isSameSample(rows, before, rows, row));
        continue;
      }
      order[kept] = row;
      kept += 1;
    }
    let own = order.subarray(0, kept);
    const written = await this.#findWritten(own, readBack);
    if (written.size > 0) own = own.filter((row) => !written.has(row));
    for (const row of own) {
      const relay = rows.relay[row] ?? 0;
      const atMs = rows.atMs[row] ?? 0;
      if (!(atMs >= (this.#first[relay] ?? Number.NaN))) this.#first[relay] = atMs;
      if (!(atMs <= (this.#last[relay] ?? Number.NaN))) this.#last[relay] = atMs;
    }
    this.kept += own.length;
    const blocks = [
      ...encodeSamples(rows, own, { relays, arms: this.arms, proofs: [] }, own.length === 0 ? [] : this.takeServers()),
    ];
    rows.clear();
    return blocks;
  }
}
