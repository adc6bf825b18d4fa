import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestPlan, sealPlan } from './digest.ts';
import type { ChangeItem, Plan } from './plan.ts';
import { comparePlans, parsePlan, refuseStalePlan, renderPlan } from './plan-file.ts';
import { planOf, relayItem, twoItems } from './testing/fleet.ts';

const plan = planOf(twoItems());

/** The plan's document with one value replaced. */
const spoil = (path: readonly (string | number)[], value: unknown): string => {
  const document = JSON.parse(renderPlan(plan));
  let at = document;
  for (const part of path.slice(0, -1)) at = at[part];
  at[path.at(-1) ?? ''] = value;
  return JSON.stringify(document);
};

const message = (text: string): string => {
  try {
    parsePlan(text, 'plan.json');
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && 'kind' in error);
    assert.deepEqual([error.code, error.kind], ['change-plan-invalid', 'config']);
    return error.message;
  }
  return 'accepted';
};

describe('a saved plan', () => {
  it('comes back as it was', () => {
    assert.deepEqual(parsePlan(renderPlan(plan), 'plan.json'), plan);
  });

  const bad: readonly {
    readonly path: readonly (string | number)[];
    readonly value: unknown;
    readonly says: RegExp;
  }[] = [
    { path: ['schema'], value: 'tearless.plan/v9', says: /^plan\.json: schema: / },
    { path: ['items', 1, 'steps', 0, 'kind'], value: 7, says: /^plan\.json: items\[1\]\.steps\[0\]\.kind: / },
    { path: ['items', 0, 'steps', 0, 'symbol'], value: '?', says: /items\[0\]\.steps\[0\]\.symbol: / },
    { path: ['items', 0, 'gates', 0, 'deadlineMs'], value: -1, says: /items\[0\]\.gates\[0\]\.deadlineMs: / },
    { path: ['items', 0, 'surprise'], value: 1, says: /items\[0\]: .*surprise/ },
    { path: ['maxFail'], value: 0.5, says: /maxFail: / },
    { path: ['digest'], value: 'abc', says: /digest: must be 64 hexadecimal digits/ },
    { path: ['createdAt'], value: 'yesterday', says: /createdAt: / },
    { path: ['items', 1, 'id'], value: 'h1/a', says: /items: two items have the id h1\/a/ },
    { path: ['items', 0, 'steps', 1, 'id'], value: 'drop-in', says: /two steps of h1\/a have the id drop-in/ },
    { path: ['batches'], value: [['h1/a']], says: /batches: the item h2\/b is in none/ },
    { path: ['batches'], value: [['h1/a', 'h2/b', 'h1/a']], says: /batches: h1\/a stands there twice/ },
    { path: ['batches'], value: [['h1/a', 'h2/b', 'h9/z']], says: /batches: there is no item h9\/z/ },
    { path: ['items', 0, 'steps', 0, 'params', 'content'], value: 'evil', says: /its digest does not fit its content/ },
  ];
  for (const { path, value, says } of bad) {
    it(`with ${path.join('.')} = ${JSON.stringify(value)} is refused by name`, () => {
      assert.match(message(spoil(path, value)), says);
    });
  }

  it('that is no JSON is refused', () => {
    assert.match(message('{"schema":'), /^plan\.json: is not JSON/);
  });
});

describe('the digest', () => {
  it('does not depend on when and by whom the plan was made', () => {
    const later: Plan = {
      ...plan,
      id: 'other',
      createdAt: '2027-01-01T00:00:00Z',
      warnings: [{ code: 'w', message: 'm', subjects: [] }],
    };
    assert.equal(digestPlan(later), plan.digest);
  });

  it('does not depend on the order of keys', () => {
    const { items, ...rest } = plan;
    const reversed = items.map((item) => Object.fromEntries(Object.entries(item).reverse()) as unknown as ChangeItem);
    assert.equal(digestPlan({ ...rest, items: reversed }), plan.digest);
  });

  it('changes with a parameter, a batch, a limit and the fleet', () => {
    const { digest, schema: _, ...parts } = plan;
    const others = [
      { ...parts, batches: [['h1/a'], ['h2/b']] },
      { ...parts, maxFail: 1 },
      { ...parts, fleet: 'another' },
      { ...parts, items: twoItems('other text') },
    ];
    for (const other of others) assert.notEqual(sealPlan(other).digest, digest);
  });
});

describe('a stale plan', () => {
  const [first, second] = plan.items;
  assert.ok(first && second);
  const without = (item: ChangeItem, step: string): ChangeItem => ({
    ...item,
    steps: item.steps.filter(({ id }) => id !== step),
  });
  const cases: readonly { readonly now: Plan; readonly says: readonly string[] }[] = [
    { now: plan, says: [] },
    { now: planOf([first]), says: ['h2/b needs nothing any more'] },
    { now: planOf([...plan.items, relayItem({ host: 'h3', relay: 'c' })]), says: ['h3/c needs a change too'] },
    { now: planOf([without(first, 'reload'), second]), says: ['h1/a no longer needs: reload of a test'] },
    {
      now: planOf(twoItems('other')),
      says: ['h1/a: drop-in of a test is now another step', 'h2/b: drop-in of a test is now another step'],
    },
    { now: planOf([{ ...first, gates: [] }, second]), says: ['h1/a has other gates'] },
    { now: planOf(plan.items, { maxFail: 3 }), says: ['its batches or limits are different now'] },
  ];
  for (const { now, says } of cases) {
    it(says.length === 0 ? 'is not one that would do the same now' : `says: ${says.join('; ')}`, () => {
      assert.deepEqual(comparePlans(plan, now), says);
      if (says.length === 0) refuseStalePlan(plan, now);
      else {
        const [words = ''] = says;
        assert.throws(
          () => refuseStalePlan(plan, now),
          (error: Error & { code?: string; kind?: string }) => {
            assert.deepEqual([error.code, error.kind], ['change-plan-stale', 'refused']);
            return error.message.includes(words);
          },
        );
      }
    });
  }

  it('names a few differences and counts the rest', () => {
    const many = planOf(Array.from({ length: 9 }, (_, at) => relayItem({ host: 'h', relay: `r${at}` })));
    assert.throws(() => refuseStalePlan(many, planOf([])), /and 4 more$/);
  });
});
