// One control connection to a worker's tor from its opening to its end: the descriptor is read, and read again when an event says
// that it may be another. What comes is bounded and checked here; nothing of it is believed beyond its form.
import type { Duplex } from 'node:stream';
import { Controller, type MalformedEvent } from '@tearless/tor/control/controller.ts';
import type { TorEvent } from '@tearless/tor/control/event/event.ts';
import { TorError } from '@tearless/tor/error.ts';
import { defaultMaxDescriptorBytes } from '@tearless/tor/hsdesc/outer.ts';
import type { Clock } from '../../base/clock.ts';
import { BalanceError } from '../balance-error.ts';
import type { HelperHeard } from '../model/worker-helper.ts';
import { checkDescriptor } from './check-descriptor.ts';
import { type ConnectionEnd, explainEnd } from './connection-end.ts';

export interface FollowOptions {
  /** With or without `.onion`. */
  readonly onionAddress: string;
  /** Whether the helper also says what it knows of the service behind; then nothing is up before it has. */
  readonly isServiceWatched: boolean;
  readonly clock: Clock;
  readonly hear: (heard: HelperHeard) => void;
  readonly signal: AbortSignal;
}

/**
 * A moment for what belongs together: with a new shared-random run tor closes all introduction circuits of its descriptor and
 * takes up the next one at once, and until that is published nobody new gets through.
 */
const settleMs = 150;
/** However many events come. */
const leastGapMs = 500;
/** tor takes up a new time period a moment after the consensus that begins it. */
const consensusSettleMs = 2_000;
/** While tor has no descriptor yet, or one without a counter. */
const earlyMs = 1_000;
/** Without any event. It also shows whether tor still answers. */
const lookMs = 60_000;
const questionTimeoutMs = 10_000;

/** Our helper sends no longer ones: lines of 64 columns, and as one message no more than a descriptor. */
const limits = { maxLineBytes: 4_096, maxMessageBytes: defaultMaxDescriptorBytes + 8_192 };
const maxQueuedEvents = 1_000;

/** What the helper said last of the service behind. */
type Service = { readonly isUp: true } | { readonly isUp: false; readonly why: string };

/** Runs until the connection is over or the signal fires; the stream is closed then. */
export const followConnection = async (stream: Duplex, options: FollowOptions): Promise<ConnectionEnd> => {
  const { clock, hear, isServiceWatched, signal } = options;
  const key = `hs/service/desc/id/${options.onionAddress.replace(/\.onion$/, '')}`;
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  let lookedMs = clock.now();
  let dueMs = lookedMs;
  let wake = (): void => {};
  let service: Service | undefined = isServiceWatched ? undefined : { isUp: true };
  let hasDescriptor = false;
  let told: string | undefined;
  const lookWithin = (ms: number): void => {
    dueMs = Math.min(dueMs, Math.max(clock.now() + ms, lookedMs + leastGapMs));
    wake();
  };
  /** Says how the worker stands, when that is another than was said. */
  const tell = (heard: { kind: 'up' } | { kind: 'down'; why: string }): void => {
    const words = heard.kind === 'up' ? heard.kind : heard.why;
    if (words === told) return;
    told = words;
    hear({ ...heard, atMs: clock.now() });
  };
  const judge = (): void => {
    if (service?.isUp === false) tell({ kind: 'down', why: service.why });
    else if (service !== undefined && hasDescriptor) tell({ kind: 'up' });
  };
  const look = async (controller: Controller): Promise<void> => {
    let text: string;
    try {
      text = await controller.getInfo(key);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      hasDescriptor = false;
      tell({ kind: 'down', why: 'its tor has no descriptor of it: it starts, or serves no such address' });
      return lookWithin(earlyMs);
    }
    if (checkDescriptor(text, clock.now()) === 'early') {
      if (!hasDescriptor) tell({ kind: 'down', why: 'its tor has no introduction points for it yet' });
      return lookWithin(earlyMs);
    }
    if (stop.aborted) return;
    hasDescriptor = true;
    hear({ kind: 'descriptor', atMs: clock.now(), text });
    judge();
  };
  const listen = async (controller: Controller): Promise<void> => {
    const names = ['HS_DESC', 'STATUS_CLIENT', 'CIRC', 'CIRC_MINOR'] as const;
    const more = isServiceWatched ? ['ONION_SERVICE'] : [];
    const events = controller.events(...names, ...more, { signal: stop, maxQueued: maxQueuedEvents });
    for await (const event of events as AsyncIterable<TorEvent>) {
      const said = event.type === 'OTHER' ? readService(event) : undefined;
      if (said === undefined) lookWithin(event.type === 'STATUS_CLIENT' ? consensusSettleMs : settleMs);
      else {
        service = said;
        judge();
      }
    }
  };

  let controller: Controller | undefined;
  try {
    const onMalformed = ({ error }: MalformedEvent): void => ending.abort(error ?? unaskedEvent());
    controller = await Controller.open(stream, { limits, timeoutMs: questionTimeoutMs, signal, onMalformed });
    void controller.closed.then((error) => ending.abort(error));
    listen(controller).catch((error: unknown) => ending.abort(error));
    while (!stop.aborted) {
      lookedMs = clock.now();
      dueMs = lookedMs + lookMs;
      await look(controller);
      while (!stop.aborted && clock.now() < dueMs) {
        const woken = new AbortController();
        wake = () => woken.abort();
        // The loop looks at the signals.
        await clock.sleep(dueMs - clock.now(), AbortSignal.any([stop, woken.signal])).catch(() => {});
      }
    }
    return explainEnd(stop.reason);
  } catch (error) {
    return explainEnd(error);
  } finally {
    await controller?.close();
    stream.destroy();
  }
};

const unaskedEvent = () =>
  new BalanceError({
    kind: 'protocol',
    code: 'balance-helper-foreign',
    place: 'host',
    message: 'its helper sent an event that nobody asked for',
  });

/** tor knows no such service, or has no descriptor of it yet. */
const isAbsent = (error: unknown): boolean =>
  error instanceof TorError &&
  (error.code === 'control-internal-error' || error.code === 'control-unrecognized-entity');

// 650 ONION_SERVICE DOWN TARGET="127.0.0.1:8080" WHY="Connection refused"
const readService = (event: Extract<TorEvent, { type: 'OTHER' }>): Service | undefined => {
  if (event.name !== 'ONION_SERVICE') return undefined;
  if (event.positional[0] !== 'DOWN') return { isUp: true };
  const [target, why] = ['TARGET', 'WHY'].map((name) => printable(event.keywords.get(name) ?? 'unknown'));
  return { isUp: false, why: `the service behind it, ${target}, takes no connections: ${why}` };
};

/** It comes from another machine and goes to a terminal. */
const printable = (text: string): string => text.replace(/[^ -~]/g, '?').slice(0, 120);
