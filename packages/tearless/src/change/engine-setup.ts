// What the engine is given, and the session it makes of that for one run.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { Bug } from '../base/error.ts';
import type { Host } from '../host/host.ts';
import type { Holder } from '../store/holder.ts';
import type { Store } from '../store/store.ts';
import type { PlanPart } from './entry-format.ts';
import type { RunEvent } from './event.ts';
import type { RunFold } from './fold.ts';
import { createJournal } from './journal.ts';
import { readPart } from './plan-part.ts';
import { bindPlan } from './registry.ts';
import { defaultLimits, type EngineLimits, type PointPlace, type Session } from './session.ts';
import type { KindRegistry } from './step.ts';

export interface EngineSetup {
  readonly hosts: (name: string) => Host;
  readonly store: Store;
  readonly registry: KindRegistry;
  readonly clock: Clock;
  /** Who works on the run: named in the locks. */
  readonly holder: Holder;
  /** First Ctrl-C: ends after the current step; the run can be resumed. */
  readonly stop?: AbortSignal;
  /** Second Ctrl-C: cuts off what runs; the run can be resumed. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent, atMs: number) => void;
  readonly limits?: Partial<EngineLimits>;
  /** Probe points for tests: awaited between and inside the steps. */
  readonly onPoint?: (name: string, place: PointPlace) => void | Promise<void>;
}

/** The same setup, with one host object a name however often it is asked for. */
export const withStableHosts = <S extends EngineSetup>(setup: S): S => {
  const known = new Map<string, Host>();
  const hosts = (name: string): Host => {
    const host = known.get(name) ?? setup.hosts(name);
    known.set(name, host);
    return host;
  };
  return { ...setup, hosts };
};

/** A subscriber's error must not end a change half way: it is kept, and thrown when the run has ended. */
export const guardSubscriber = (onEvent: EngineSetup['onEvent']) => {
  let thrown: { readonly error: unknown } | undefined;
  return {
    tell: (event: RunEvent, atMs: number): void => {
      if (thrown !== undefined) return;
      try {
        onEvent?.(event, atMs);
      } catch (error) {
        thrown = { error };
      }
    },
    check: (): void => {
      if (thrown !== undefined) throw new Bug('a subscriber of the run failed', thrown.error);
    },
  };
};

const never = new AbortController().signal;

const pointOf =
  (setup: EngineSetup): Session['point'] =>
  async (name, place = {}) => {
    await setup.onPoint?.(name, place);
  };

interface Opening {
  readonly run: string;
  readonly part: PlanPart;
  readonly fold: RunFold;
  readonly recheck: boolean;
  readonly tell: (event: RunEvent, atMs: number) => void;
}

export const openSession = (setup: EngineSetup, opening: Opening): Session => {
  const { run, part, fold } = opening;
  const { plan } = readPart(part);
  const abort = setup.signal ?? never;
  return {
    run,
    plan,
    part,
    fold,
    clock: setup.clock,
    limits: { ...defaultLimits, ...setup.limits },
    journal: createJournal({
      store: setup.store,
      run,
      session: randomBytes(6).toString('hex'),
      clock: setup.clock,
      part,
      fold,
      hosts: setup.hosts,
      onEvent: opening.tell,
    }),
    items: bindPlan(setup.registry, plan),
    hosts: setup.hosts,
    abort,
    stop: setup.stop === undefined ? abort : AbortSignal.any([abort, setup.stop]),
    halt: new AbortController(),
    recheck: opening.recheck,
    point: pointOf(setup),
  };
};
