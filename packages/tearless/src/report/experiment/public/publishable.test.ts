import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { renderExperimentCharts } from '../charts.ts';
import type { ExperimentPicture } from '../experiment-report.ts';
import { renderExperimentPage } from '../page/experiment-page.ts';
import { samplePicture } from '../testing/sample-picture.ts';
import { publishable } from './publishable.ts';

interface Names {
  readonly nicknames: readonly string[];
  readonly fingerprints: readonly string[];
  readonly host: string;
  /** Ids are `HOST/INSTANCE` where Tearless collects. */
  readonly collected: boolean;
}

/** The sample with these names wherever a name could come to stand. */
const withNames = ({ nicknames, fingerprints, host, collected }: Names): ExperimentPicture => {
  const sample = samplePicture({ relaysPerArm: 2, bins: 4, arms: 3 });
  const idOf = (index: number): string => {
    const nickname = nicknames[index % nicknames.length] ?? '';
    return collected ? `${host}/${nickname}` : nickname;
  };
  const say = (index: number): string =>
    `${host}: relay ${nicknames[index % nicknames.length]} ($${fingerprints[index % fingerprints.length]}), instances/${nicknames[index % nicknames.length]}, 192.0.2.7, [2001:db8::7]:9001.`;
  return {
    ...sample,
    report: {
      ...sample.report,
      experiment: `2026-${host}-test`,
      title: say(0),
      seed: `${host}_1`,
      window: { ...sample.report.window, how: say(1) },
      arms: sample.report.arms.map((arm, index) => ({
        ...arm,
        name: `${arm.id} of ${host}`,
        exclusions: [{ relay: idOf(index), code: 'carry-over', cause: say(index) }],
        limitations: [say(index)],
        window: { ...sample.report.window, why: say(index) },
        guardrails: [{ name: 'flag HSDir', broken: true, adjustedP: 0.01, message: say(index) }],
      })),
      verdict: { ...sample.report.verdict, sentences: nicknames.map((_, index) => say(index)) },
      exploratory: say(4),
    },
    hypothesis: say(2),
    findings: nicknames.map((_, index) => ({
      code: 'identity',
      kind: 'fact',
      severity: 'warning',
      ...(index % 2 === 0 ? { arm: 'G1' } : {}),
      relays: [idOf(index)],
      message: say(index),
    })),
    dots: sample.dots.map((dot, index) => ({ ...dot, relay: idOf(index) })),
    names: {
      relays: nicknames.map((nickname, index) => ({
        relay: idOf(index),
        nickname,
        fingerprint: fingerprints[index] ?? '',
      })),
      hosts: [host],
    },
    data: { ...sample.data, sources: [{ name: `${host}/${nicknames[0]}.csv`, sha256: 'ab'.repeat(32), rows: 1 }] },
    method: [say(3)],
    reproduce: [`tearless experiment import /home/${host}/${nicknames[1]} --name ${host}-test`],
  };
};

/** Long enough not to be a word of the page by chance. */
const nickname = fc.string({
  unit: fc.constantFrom(...'abcdefghijkmnopqrstuvwxyzABCDEFGHKXZ0123456789'),
  minLength: 9,
  maxLength: 19,
});
const fingerprint = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEF'), minLength: 40, maxLength: 40 });
const arbitrary: fc.Arbitrary<Names> = fc.record({
  nicknames: fc.uniqueArray(nickname, { minLength: 4, maxLength: 8, selector: (name) => name.toLowerCase() }),
  fingerprints: fc.uniqueArray(fingerprint, { minLength: 8, maxLength: 8 }),
  host: fc.constantFrom('qx7', 'relay1.example.net', 'Kastanie-9'),
  collected: fc.boolean(),
});

describe('what may be published', () => {
  it('holds no nickname, fingerprint, host or address, wherever one was given', () => {
    fc.assert(
      fc.property(arbitrary, (names) => {
        const picture = withNames(names);
        const texts = [
          renderExperimentPage(picture, { public: true }),
          JSON.stringify(publishable(picture)),
          ...renderExperimentCharts(picture, { public: true }).map(({ svg }) => svg),
        ];
        for (const text of texts) {
          const lower = text.toLowerCase();
          for (const name of [...names.nicknames, ...names.fingerprints, names.host, '192.0.2.7', '2001:db8', '/home'])
            assert.ok(
              !lower.includes(name.toLowerCase()),
              `${name} is in ${lower.slice(Math.max(0, lower.indexOf(name.toLowerCase()) - 60)).slice(0, 160)}`,
            );
        }
        // The same names do stand on a page that is not for publication.
        assert.ok(renderExperimentPage(picture, { public: false }).includes(names.nicknames[0] ?? ''));
      }),
      { seed: 11, numRuns: 80 },
    );
  });

  it('says so, and only there', () => {
    assert.match(renderExperimentPage(samplePicture(), { public: true }), /For publication: relays are numbered/);
    assert.doesNotMatch(renderExperimentPage(samplePicture(), { public: false }), /For publication/);
  });

  it('keeps figures, and the sentences around the names', () => {
    const hidden = publishable(samplePicture());
    assert.equal(hidden.findings[1]?.message, 'G1-1 and two more lack V2Dir.');
    assert.equal(hidden.findings[2]?.message, 'Nothing was sampled on host-1 for a day.');
    assert.deepEqual(hidden.report.arms[2], samplePicture().report.arms[2]);
    assert.equal(hidden.dots.length, samplePicture().dots.length);
  });

  it('loses no part of a report', () => {
    const names = {
      nicknames: ['rosemary', 'thyme'],
      fingerprints: ['A'.repeat(40)],
      host: 'garden',
      collected: false,
    };
    const picture = withNames(names);
    const hidden = publishable(picture);
    const keys = (value: object) => Object.keys(value).sort();
    const [arm, hiddenArm] = [picture.report.arms[0], hidden.report.arms[0]];
    assert.ok(arm?.guardrails && arm.window && hiddenArm);
    assert.deepEqual(keys(hidden), keys(picture));
    assert.deepEqual(keys(hidden.report), keys(picture.report));
    assert.deepEqual(keys(hiddenArm), keys(arm));
  });

  it('takes words out only where they stand alone', () => {
    const picture = samplePicture();
    const hidden = publishable({
      ...picture,
      names: { relays: [], hosts: ['co'] },
      method: ['On co, at no cost: co-op CO_1 tor 0.4.8.21 /usr/lib/libjemalloc.so.2'],
    });
    assert.deepEqual(hidden.method, ['On host-1, at no cost: host-1-op host-1_1 tor 0.4.8.21 libjemalloc.so.2']);
  });

  it('numbers relays by their figures, so that names and their order tell nothing', () => {
    const picture = samplePicture();
    const rename = (text: string): string =>
      text.replace(/tulip(\d)x(\d)/g, (_, arm, number) => `rose${9 - Number(number)}y${arm}`);
    const renamed: ExperimentPicture = JSON.parse(rename(JSON.stringify(picture)));
    const shuffled = { ...renamed, dots: [...renamed.dots].reverse() };
    assert.deepEqual(publishable(shuffled).dots, publishable(picture).dots);
  });

  it('lists relays in an order that tells nothing of their names', () => {
    const picture = samplePicture();
    // The audit lists relays by name; the same relays under other names are listed in another order.
    const listed = (nameOf: (relay: string) => string) => {
      const inOrder = (relays: readonly string[]): string[] => relays.map(nameOf).sort();
      const of = (first: number, count: number) =>
        inOrder(picture.dots.slice(first, first + count).map(({ relay }) => relay));
      const finding = (code: string, relays: readonly string[], message: string) => ({
        code,
        kind: 'fact',
        severity: 'warning',
        relays,
        message,
      });
      return publishable({
        ...picture,
        dots: picture.dots.map((dot) => ({ ...dot, relay: nameOf(dot.relay) })),
        names: {
          relays: picture.dots.map(({ relay }) => ({ relay: nameOf(relay), nickname: nameOf(relay) })),
          hosts: [],
        },
        findings: [
          finding('identity', of(0, 3), `relays ${of(0, 3).join(', ')} are alike`),
          finding('identity', of(0, 4), `${of(0, 4).slice(0, 3).join(', ')} and ${of(0, 4).at(-1)} are alike`),
          finding('gap', of(4, 9), `${of(4, 9).slice(0, 3).join(', ')} and 6 more were not sampled`),
          ...inOrder(picture.dots.slice(20, 23).map(({ relay }) => relay)).map((relay) =>
            finding('missing-relay', [relay], `${relay} disappears`),
          ),
        ],
        report: {
          ...picture.report,
          arms: picture.report.arms.map((arm) => ({
            ...arm,
            exclusions: inOrder(arm.exclusions.map(({ relay }) => relay)).map((relay) => ({
              relay,
              code: 'carry-over',
              cause: 'flags',
            })),
          })),
        },
      });
    };
    const names = new Map(picture.dots.map(({ relay }, index) => [relay, `rose${(index * 17) % 41}x`]));
    const one = listed((relay) => relay);
    assert.deepEqual(
      listed((relay) => names.get(relay) ?? ''),
      one,
    );
    assert.equal(one.findings[2]?.message, 'several relays were not sampled');
    assert.ok(one.findings.some(({ message }) => /^Z-\d+, Z-\d+, Z-\d+ and Z-\d+ are alike$/.test(message)));
  });

  it('orders what figures leave open by a secret, the same one each time', () => {
    const picture = samplePicture({ relaysPerArm: 20 });
    const equal = { ...picture, dots: picture.dots.map((dot) => ({ ...dot, meanBytes: 1e9 })) };
    const order = (secret?: string) => publishable(equal, secret).dots.map(({ slopeBytesPerDay }) => slopeBytesPerDay);
    assert.deepEqual(order('one'), order('one'));
    assert.notDeepEqual(order('one'), order('two'));
    assert.deepEqual(order(), order());
  });

  it('shows restarts by day', () => {
    const picture = samplePicture();
    const [, , restarting] = picture.timelines;
    assert.ok(restarting);
    const odd = {
      ...picture,
      timelines: [{ ...restarting, restartsMs: [Date.UTC(2026, 0, 3, 4, 5, 6), Date.UTC(2026, 0, 2, 23, 59)] }],
    };
    assert.deepEqual(publishable(odd).timelines[0]?.restartsMs, [Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 3)]);
  });

  it('shows instants in sentences by day, and commands as they are', () => {
    const hidden = publishable({
      ...samplePicture(),
      method: ['at 2026-01-05T21:56:59.000Z, until 2026-01-07 13:35 UTC, on 2026-01-08'],
      reproduce: ['tearless experiment report tulips --from 2026-01-05T21:00'],
    });
    assert.deepEqual(hidden.method, ['at 2026-01-05, until 2026-01-07, on 2026-01-08']);
    assert.deepEqual(hidden.reproduce, ['tearless experiment report tulips --from 2026-01-05T21:00']);
  });

  it('tells bandwidth only as a mean over a day or more', () => {
    const { report, ...picture } = samplePicture();
    const over = (to: string) =>
      publishable({
        ...picture,
        report: { ...report, window: { ...report.window, from: '2026-01-05T00:00:00Z', to } },
      }).report.arms.flatMap(({ guardrails = [] }) => guardrails.map(({ name }) => name));
    const short = [...new Set(over('2026-01-05T23:59:00Z'))];
    assert.deepEqual(short, ['flag HSDir']);
    assert.deepEqual([...new Set(over('2026-01-06T00:00:00Z'))], ['bandwidth', 'flag HSDir']);
  });

  it('hides in the verdict what a guardrail may not say', () => {
    const { report, ...picture } = samplePicture();
    const sentence = 'G1 needs less memory, but is no winner: bandwidth is 1.01 of control’s.';
    const over = (to: string) =>
      publishable({
        ...picture,
        report: {
          ...report,
          window: { ...report.window, from: '2026-01-05T00:00:00Z', to },
          verdict: { ...report.verdict, sentences: [sentence] },
        },
      }).report.verdict.sentences;
    assert.deepEqual(over('2026-01-06T00:00:00Z'), [sentence]);
    assert.deepEqual(over('2026-01-05T23:59:00Z'), [
      'G1 needs less memory, but is no winner: it breaks the guardrail of bandwidth.',
    ]);
  });

  it('can be published again without change', () => {
    const once = publishable(samplePicture());
    assert.deepEqual(publishable(once).findings, once.findings);
    assert.deepEqual(once.names, { relays: [], hosts: [] });
  });
});
