// Whatever fails and wherever it is cut off: every item ends as planned or as it was, and an undo brings all of it back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HostError } from '../host/host-error.ts';
import { applyPlan, resumeRun, undoRun } from './engine.ts';
import { dropInOf, type HostFaults, plannedText, planOf, relayItem, unitOf } from './testing/fleet.ts';
import { openTestWorld, type TestWorld } from './testing/world.ts';

const soak = process.env.TEARLESS_SOAK === '1';

interface Fault {
  readonly host: string;
  readonly moment: 'before' | 'after';
  /** It strikes at the nth request, and lasts for so many. */
  readonly nth: number;
  readonly lasts: number;
  readonly kind: 'unreachable' | 'failed';
}

interface Story {
  readonly relays: readonly { readonly host: string; readonly relay: string; readonly broken: boolean }[];
  readonly cuts: readonly number[];
  readonly maxFail: number;
  readonly itemsAtOnce: number;
  readonly faults: readonly Fault[];
  /** The person presses Ctrl-C at this probe point, if ever. */
  readonly stopAt: number | undefined;
  readonly hard: boolean;
}

const hosts = ['h1', 'h2', 'h3'];

const story: fc.Arbitrary<Story> = fc.record({
  relays: fc.uniqueArray(
    fc.record({
      host: fc.constantFrom(...hosts),
      relay: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      broken: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 5, selector: ({ host, relay }) => `${host}/${relay}` },
  ),
  cuts: fc.array(fc.nat(4), { maxLength: 3 }),
  maxFail: fc.nat(2),
  itemsAtOnce: fc.integer({ min: 1, max: 4 }),
  faults: fc.array(
    fc.record({
      host: fc.constantFrom(...hosts),
      moment: fc.constantFrom('before' as const, 'after' as const),
      nth: fc.integer({ min: 1, max: 60 }),
      lasts: fc.constantFrom(1, 3, 100_000),
      kind: fc.constantFrom('unreachable' as const, 'failed' as const),
    }),
    { maxLength: 3 },
  ),
  stopAt: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  hard: fc.boolean(),
});

const faultsOf = (told: Story): ((host: string) => HostFaults) => {
  const counts = new Map<string, number>();
  return (host) => ({
    onRequest: (moment, request) => {
      const key = `${host} ${moment}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      const fault = told.faults.find(
        (entry) =>
          entry.host === host && entry.moment === moment && count >= entry.nth && count < entry.nth + entry.lasts,
      );
      if (fault === undefined) return;
      throw new HostError({
        kind: fault.kind,
        code: `test-${fault.kind}`,
        message: `${host}: ${moment} ${request}`,
        subject: host,
      });
    },
  });
};

const splitAt = (ids: readonly string[], cuts: readonly number[]): string[][] => {
  const edges = [...new Set([0, ...cuts.filter((cut) => cut > 0 && cut < ids.length), ids.length])].sort(
    (a, b) => a - b,
  );
  return edges.slice(1).map((edge, at) => ids.slice(edges[at], edge));
};

/** What the outsider sees of one relay. */
const lookAtRelay = (world: TestWorld, host: string, relay: string): 'former' | 'planned' | string => {
  const seen = world.look()[host] ?? {};
  const dropIn = seen[dropInOf(relay)];
  const directory = seen[dropInOf(relay).replace(/\/[^/]*$/, '')];
  const running = seen[`/run/pretended-systemd/${unitOf(relay)}.running`] ?? 'not running';
  const owned = seen.owned?.includes(dropInOf(relay)) === true;
  const withDropIn = running.includes('LD_PRELOAD') || running.includes('FAIL');
  if (dropIn === undefined && directory === undefined && !owned && !withDropIn && running !== 'not running')
    return 'former';
  if (dropIn?.endsWith(plannedText(relay)) === true && owned && withDropIn) return 'planned';
  return JSON.stringify({ dropIn, directory, owned, running });
};

const judge = (world: TestWorld, told: Story): string[] =>
  told.relays.map(({ host, relay }) => lookAtRelay(world, host, relay));

const play = async (told: Story): Promise<void> => {
  await using world = await openTestWorld(told.relays);
  const items = told.relays.map(({ host, relay, broken }) =>
    relayItem({ host, relay, ...(broken ? { text: '[Service]\nFAIL=1\n' } : {}) }),
  );
  const plan = planOf(items, {
    batches: splitAt(
      items.map(({ id }) => id),
      told.cuts,
    ),
    maxFail: told.maxFail,
  });
  const control = new AbortController();
  let points = 0;
  const onPoint = (): void => {
    points += 1;
    if (points === told.stopAt) control.abort(new Error('Ctrl-C'));
  };
  const options = world.setup(
    {
      onPoint,
      limits: { itemsAtOnce: told.itemsAtOnce, unreachableMs: 20_000 },
      ...(told.hard ? { signal: control.signal } : { stop: control.signal }),
    },
    faultsOf(told),
  );
  const first = await applyPlan({ ...options, plan, run: 'r' }).catch((error: unknown) => error);
  if (first instanceof Error) {
    // Refused before anything was touched.
    assert.ok(first instanceof HostError, String(first));
    assert.deepEqual(new Set(judge(world, told)), new Set(['former']));
    return;
  }
  const resumed = await resumeRun({ ...world.setup(), run: 'r' });
  assert.ok(resumed.outcome !== 'failed' && resumed.outcome !== 'interrupted', resumed.outcome);
  for (const [at, seen] of judge(world, told).entries()) {
    const phase = resumed.state.items[items[at]?.id ?? '']?.phase;
    assert.equal(seen, phase === 'done' ? 'planned' : 'former', `${items[at]?.id} is ${phase}`);
  }
  assert.equal((await undoRun({ ...world.setup(), run: 'r' })).outcome, 'undone');
  assert.deepEqual(new Set(judge(world, told)), new Set(['former']));
};

describe('any plan, any failures, any interruption', () => {
  it('ends as planned or as it was, item by item, and an undo brings everything back', async () => {
    await fc.assert(fc.asyncProperty(story, play), { numRuns: soak ? 1000 : 60, seed: 20260301 });
  });
});
