import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { renderExposition } from './exposition.ts';
import { listMetrics } from './metrics.ts';
import { Observation } from './observation.ts';
import { opened, published, service, standing } from './testing/events.ts';

const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

const observe = (): Observation => {
  const observation = new Observation();
  observation.take({ kind: 'balancer.state-changed', state: 'running', why: null }, 0);
  observation.take(opened(['a.onion', 'b.onion', 'c.onion']), 0);
  for (const worker of ['w1', 'w2'])
    observation.take({ kind: 'worker.changed', frontend: service, worker, state: 'in', why: 'up' }, 0);
  observation.take(published({ publishedMs: 10_000, nextMs: 4_000_000, buildMs: 12 }), 10_000);
  observation.take(
    published({
      period: 101,
      isFetched: false,
      publishedMs: 20_000,
      nextMs: 5_000_000,
      failed: 1,
      uploads: { verified: 0, uploaded: 7, failed: 1 },
      buildMs: 3000,
    }),
    20_000,
  );
  observation.take({ kind: 'round.failed', frontend: service, period: 101, why: 'all-out' }, 30_000);
  for (const reason of ['hsdesc-bad-mac', 'hsdesc-bad-mac', 'hsdesc-wrong-key'])
    observation.take({ kind: 'descriptor.refused', frontend: service, worker: 'w1', reason, why: 'x' }, 30_000);
  return observation;
};

/** Values by series, without the prefix and the service. */
const read = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        const series = line.slice('tearless_balance_'.length, at).replace(`service="${service}",`, '');
        return [series.replace(`{service="${service}"}`, ''), Number(line.slice(at + 1))];
      }),
  );

suite('the metrics', () => {
  const text = renderExposition(listMetrics(observe(), 60_000));
  const values = read(text);

  test('say how a service stands', () => {
    const expected = {
      'state{state="running"}': 1,
      'state{state="connecting"}': 0,
      leading: 1,
      'service_state{state="running"}': 1,
      'service_state{state="all-out"}': 0,
      'workers{state="in"}': 2,
      'workers{state="out"}': 1,
      introduction_points: 24,
      distinct_descriptors: 6,
      'descriptor_age_seconds{read="true"}': 50,
      'descriptor_age_seconds{read="false"}': 40,
      'next_round_seconds{read="true"}': 3940,
      'directories_missing{read="false"}': 1,
    };
    for (const [series, value] of Object.entries(expected)) assert.equal(values.get(series), value, series);
  });

  test('count uploads, rounds, what was refused and how long building took', () => {
    const expected = {
      'uploads_total{result="verified"}': 8,
      'uploads_total{result="uploaded"}': 7,
      'uploads_total{result="failed"}': 1,
      'rounds_total{outcome="published"}': 2,
      'rounds_total{outcome="failed"}': 1,
      'refused_descriptors_total{reason="hsdesc-bad-mac"}': 2,
      'refused_descriptors_total{reason="hsdesc-wrong-key"}': 1,
      'build_seconds_bucket{le="0.01"}': 0,
      'build_seconds_bucket{le="0.025"}': 1,
      'build_seconds_bucket{le="2.5"}': 1,
      'build_seconds_bucket{le="+Inf"}': 2,
      build_seconds_count: 2,
      build_seconds_sum: 3.012,
    };
    for (const [series, value] of Object.entries(expected)) assert.equal(values.get(series), value, series);
  });

  test('follow the descriptor that clients read when the period changes', () => {
    const observation = observe();
    observation.take(
      { kind: 'round.kept', ...standing({ period: 101, publishedMs: 20_000, points: 30 }), why: 'x' },
      0,
    );
    const after = read(renderExposition(listMetrics(observation, 60_000)));
    assert.equal(after.get('descriptor_age_seconds{read="true"}'), 40);
    assert.equal(after.get('introduction_points'), 30);
  });

  test('say that another balancer leads', () => {
    const observation = observe();
    observation.take({ kind: 'balancer.state-changed', state: 'standby', why: 'another one leads' }, 0);
    const after = read(renderExposition(listMetrics(observation, 0)));
    assert.deepEqual([after.get('leading'), after.get('state{state="standby"}')], [0, 1]);
  });

  test('are few: a thousand services have some thirty series each, however many workers', () => {
    const observation = new Observation();
    for (let index = 0; index < 1000; index++)
      observation.take(
        opened(
          Array.from({ length: 10 }, (_, worker) => `${worker}.onion`),
          `s${index}.onion`,
        ),
        0,
      );
    const lines = renderExposition(listMetrics(observation, 0)).split('\n').length;
    assert.ok(lines < 30_000, String(lines));
  });

  test('are as promtool wants them', { skip: hasPromtool ? false : 'promtool is not installed' }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });
});
