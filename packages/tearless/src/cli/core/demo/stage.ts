// What a watcher of the demo sees: acts one after the other, the run that goes on inside one, and the traffic meanwhile.
// The state as values; drawing is stage-lines.ts and stage-screen.ts.
import type { TrafficRecord } from '@tearless/lab/traffic/record.ts';
import type { RunView } from '../render/run-view.ts';

export interface Act {
  readonly title: string;
  readonly state: 'coming' | 'going-on' | 'done' | 'failed';
  readonly startedMs: number;
  readonly endedMs: number;
  /** What goes on inside it, or what it came to. */
  readonly note: string;
}

/** What is shown of a request or a download that ended. */
export type ShownTraffic = Pick<TrafficRecord, 'form' | 'outcome' | 'startMs' | 'endMs'> & {
  readonly attempts: readonly unknown[];
};

export interface TrafficView {
  /** Outcomes of the newest requests, oldest first. */
  readonly pulse: readonly ('ok' | 'retried' | 'failed')[];
  readonly sent: number;
  readonly failed: number;
  readonly retried: number;
  readonly streamsEnded: number;
  readonly streamsCut: number;
  /** Milliseconds of the newest answers. */
  readonly latenciesMs: readonly number[];
}

export interface StageView {
  readonly title: string;
  readonly startedMs: number;
  readonly acts: readonly Act[];
  readonly run: RunView | undefined;
  readonly traffic: TrafficView | undefined;
  /** What the traffic is: `requests through the fleet`. */
  readonly trafficName: string;
}

const pulseLength = 60;

export const noTraffic: TrafficView = {
  pulse: [],
  sent: 0,
  failed: 0,
  retried: 0,
  streamsEnded: 0,
  streamsCut: 0,
  latenciesMs: [],
};

/** The view after one more request or download ended. */
export const foldTraffic = (view: TrafficView, record: ShownTraffic): TrafficView => {
  const { form, outcome } = record;
  if (outcome === 'not-counted' || outcome === 'stopped') return view;
  if (form === 'download')
    return {
      ...view,
      streamsEnded: view.streamsEnded + 1,
      streamsCut: view.streamsCut + (outcome === 'cut-by-planned-restart' ? 1 : 0),
    };
  const word = outcome === 'failed' ? 'failed' : record.attempts.length > 1 ? 'retried' : 'ok';
  return {
    ...view,
    pulse: [...view.pulse, word].slice(-pulseLength) as TrafficView['pulse'],
    sent: view.sent + 1,
    failed: view.failed + (word === 'failed' ? 1 : 0),
    retried: view.retried + (word === 'retried' ? 1 : 0),
    latenciesMs: [...view.latenciesMs, record.endMs - record.startMs].slice(-pulseLength),
  };
};

/** What a scene tells its watcher. */
export interface Stage {
  /** Names the acts to come, so that the whole is seen from the start, and what traffic there will be. */
  announce(titles: readonly string[], trafficName: string): void;
  /** Plays the next act; what it gives is its note. */
  act<T>(play: () => Promise<T>, describe: (result: T) => string): Promise<T>;
  note(text: string): void;
  showRun(view: RunView | undefined): void;
  showTraffic(record: ShownTraffic): void;
}
