import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BuiltExperiment, type BuiltRelay, buildMeasurements } from '../../testing/build-measurements.ts';
import { auditMeasurements, isProblem } from '../audit.ts';
import type { AuditOptions } from '../audit-view.ts';
import type { Finding, FindingCode } from '../finding.ts';
import {
  count,
  dayMs,
  everyMs,
  gib,
  keep,
  plainExperiment,
  restartedAt,
  startMs,
} from '../testing/plain-experiment.ts';
import { iso } from '../wording.ts';

const inferencesOf = (experiment: BuiltExperiment, options: AuditOptions = {}): Finding[] =>
  auditMeasurements(buildMeasurements(experiment), { permutations: 999, ...options }).filter(
    ({ kind }) => kind === 'inference',
  );
const allOf = (code: FindingCode, experiment: BuiltExperiment, options?: AuditOptions): Finding[] =>
  inferencesOf(experiment, options).filter((finding) => finding.code === code);
const only = (code: FindingCode, experiment: BuiltExperiment, options?: AuditOptions): Finding => {
  const findings = inferencesOf(experiment, options);
  assert.deepEqual(
    findings.map((finding) => finding.code),
    [code],
  );
  return findings[0] ?? assert.fail();
};

const scaled = ({ rssKib }: BuiltRelay, factor: number) => ({
  rssKib: rssKib.map((rss = 0) => Math.round(rss * factor)),
});
const without = ({ flags = [] }: BuiltRelay, lost: readonly string[]) => ({
  flags: flags.map((sighting) => ({ ...sighting, flags: sighting.flags.filter((flag) => !lost.includes(flag)) })),
});
/** The relays of arm A in the plain experiment. */
const armA = plainExperiment().relays.flatMap((relay, index) => (relay.arm === 'A' ? index : []));
const [firstA = 0, secondA = 0, thirdA = 0] = armA;
const names = (places: readonly number[]): string[] => places.map((place) => `relay${place}`).sort();

describe('inferences', () => {
  it('of an experiment in which nothing is wrong there are none', () =>
    assert.deepEqual(inferencesOf(plainExperiment()), []));

  it('of arms of four relays in which nothing is wrong there are none either', () => {
    const seen = new Map<string | undefined, number>();
    const few = plainExperiment().relays.filter(({ arm }) => {
      seen.set(arm, (seen.get(arm) ?? 0) + 1);
      return (seen.get(arm) ?? 0) <= 4;
    });
    assert.deepEqual(inferencesOf({ ...plainExperiment(), relays: few }), []);
  });

  it('repeat from their seed', () => {
    const experiment = plainExperiment((relay, index) => (armA.slice(0, 3).includes(index) ? scaled(relay, 0.3) : {}));
    assert.deepEqual(inferencesOf(experiment, { seed: 'x' }), inferencesOf(experiment, { seed: 'x' }));
  });
});

describe('carry-over', () => {
  const low = [firstA, secondA, thirdA];

  it('by memory alone is a suspicion that leaves nobody out', () => {
    const finding = only(
      'carry-over',
      plainExperiment((relay, index) => (low.includes(index) ? scaled(relay, 0.3) : {})),
    );
    assert.deepEqual(
      [finding.severity, finding.arm, finding.relays, finding.exclusions],
      ['warning', 'A', names(low), []],
    );
    assert.match(finding.message, /Nothing but memory says so/);
  });

  it('is confirmed by flags that a setting takes away, and those relays are left out', () => {
    const finding = only(
      'carry-over',
      plainExperiment((relay, index) =>
        low.includes(index) ? { ...scaled(relay, 0.3), ...without(relay, ['V2Dir', 'Guard']) } : {},
      ),
    );
    assert.deepEqual([finding.severity, finding.evidence.cause], ['error', 'flags/Guard,V2Dir']);
    assert.deepEqual(
      finding.exclusions.map(({ relay, code }) => [relay, code]),
      names(low).map((name) => [name, 'carry-over']),
    );
    assert.match(finding.exclusions[0]?.cause ?? '', /no Guard, V2Dir flags on 2026-01-05, 2026-01-09/);
  });

  it('puts the rule of a confirmed cause to every arm, control included', () => {
    const stray = plainExperiment().relays.findIndex(({ arm }) => arm === 'Z');
    const findings = allOf(
      'carry-over',
      plainExperiment((relay, index) => ({
        ...(low.includes(index) ? scaled(relay, 0.3) : {}),
        ...(low.includes(index) || index === stray ? without(relay, ['V2Dir']) : {}),
      })),
    );
    assert.deepEqual(
      findings.map(({ arm, severity }) => [arm, severity]),
      [
        ['A', 'error'],
        ['Z', 'info'],
      ],
    );
    assert.deepEqual(
      findings[1]?.exclusions.map(({ relay }) => relay),
      [`relay${stray}`],
    );
  });

  it('is confirmed by a setting in the list of relays, whatever their memory', () => {
    const finding = only(
      'carry-over',
      plainExperiment((_, index) => ({ settings: { dircache: index === firstA ? '0' : '1' } })),
    );
    assert.deepEqual([finding.relays, finding.evidence.cause], [names([firstA]), 'setting/dircache']);
    assert.match(finding.exclusions[0]?.cause ?? '', /dircache is ‘0’ where most of the arm say ‘1’/);
  });

  it('is not confirmed by a flag that is lost without regard to memory', () => {
    const others = armA.slice(4, 6);
    const finding = only(
      'carry-over',
      plainExperiment((relay, index) => ({
        ...(low.includes(index) ? scaled(relay, 0.3) : {}),
        ...(others.includes(index) ? without(relay, ['HSDir']) : {}),
      })),
    );
    assert.deepEqual([finding.severity, finding.exclusions], ['warning', []]);
  });

  it('is not told of relays of a host on which all have less memory, but of relays that have less than their host', () => {
    const onHosts = (change: (relay: BuiltRelay, index: number) => Partial<BuiltRelay>) =>
      plainExperiment((relay, index) => {
        const small = Math.floor(index / 3) % 2 === 1;
        const placed = { ...relay, id: `${small ? 'h2' : 'h1'}/${relay.id}`, ...scaled(relay, small ? 0.6 : 1) };
        return { ...placed, ...change(placed, index) };
      });
    assert.deepEqual(inferencesOf(onHosts(() => ({}))), []);
    const finding = only(
      'carry-over',
      onHosts((relay, index) => (low.includes(index) ? scaled(relay, 0.3) : {})),
    );
    assert.deepEqual(finding.relays.map((id) => id.split('/')[1]).sort(), names(low));
  });

  it('is not told of an arm that loses a flag as a whole: that is its treatment', () =>
    assert.deepEqual(
      inferencesOf(
        plainExperiment((relay) => (relay.arm === 'A' ? { ...scaled(relay, 0.3), ...without(relay, ['V2Dir']) } : {})),
      ),
      [],
    ));
});

describe('not-randomised', () => {
  it('is told of arms that are blocks of names', () => {
    const { evidence, message } = only(
      'not-randomised',
      plainExperiment((_, index) => ({ arm: ['A', 'B', 'Z'][Math.floor(index / 8)] ?? '' })),
    );
    assert.match(message, /in order of nickname relays form 3 runs/);
    assert.ok('nickname' in evidence);
  });

  it('is told of arms with other traffic before the start, not of traffic that the treatment may have changed', () => {
    const withTraffic = (day: number) =>
      plainExperiment((relay, index) => ({
        traffic: [{ atMs: startMs + day * dayMs, writtenBps: (relay.arm === 'A' ? 1e6 : 2e6) + 1_000 * index }],
      }));
    assert.match(only('not-randomised', withTraffic(-5)).message, /traffic before the start/);
    assert.deepEqual(inferencesOf(withTraffic(5)), []);
  });

  it('is not asked of an assignment that is on record as random', () => {
    const experiment = plainExperiment((_, index) => ({ arm: ['A', 'B', 'Z'][Math.floor(index / 8)] ?? '' }), {
      info: { assignment: { method: 'random', seed: 's' } },
    });
    assert.deepEqual(inferencesOf(experiment), []);
  });
});

describe('unequal-start', () => {
  it('is told of an arm that was restarted at the start while control was not', () => {
    const { arm, evidence } = only(
      'unequal-start',
      plainExperiment((relay) => (relay.arm === 'A' ? restartedAt(relay, 2) : {})),
    );
    assert.deepEqual([arm, evidence.fresh, evidence.referenceFresh, evidence.referenceOf], ['A', 8, 0, 8]);
  });

  it('is read from start times where samples know them', () => {
    const startedMs = (arm: string | undefined) =>
      Array.from({ length: count }, () => startMs - (arm === 'B' ? 30 * dayMs : 60_000));
    const { arm } = only(
      'unequal-start',
      plainExperiment((relay) => ({ figures: { startedMs: startedMs(relay.arm) } })),
    );
    assert.equal(arm, 'B');
  });

  it('is not told where all arms were restarted', () =>
    assert.deepEqual(
      allOf(
        'unequal-start',
        plainExperiment((relay) => restartedAt(relay, 2)),
      ),
      [],
    ));
});

describe('warm-up', () => {
  const growing = (relay: BuiltRelay): Partial<BuiltRelay> => ({
    rssKib: relay.rssKib.map((rss = 0, sample) => Math.round(rss * (1 - 0.5 * Math.exp(-sample / 4)))),
  });

  it('tells when each arm settles and how far off a mean over all samples is', () => {
    const findings = inferencesOf(plainExperiment(growing));
    assert.deepEqual(
      findings.map(({ code, arm, severity }) => [code, arm, severity]),
      [
        ['warm-up', 'A', 'warning'],
        ['warm-up', 'B', 'warning'],
        ['warm-up', 'Z', 'warning'],
      ],
    );
    const { settled, startBytes, plateauBytes } = findings[0]?.evidence ?? {};
    assert.ok(Number(startBytes) < 0.55 * Number(plateauBytes), `${startBytes} of ${plateauBytes}`);
    const settledDays = (Date.parse(String(settled)) - startMs) / dayMs;
    assert.ok(settledDays > 1 && settledDays < 6, `settled after ${settledDays} days`);
  });

  it('is judged on the window of a conclusion', () => {
    const window = { from: startMs + 7 * dayMs, to: startMs + 10 * dayMs };
    assert.deepEqual(inferencesOf(plainExperiment(growing), { conclusion: { method: 'mean', window } }), []);
  });

  it('is not told of steady growth, nor of a swing that all relays share', () => {
    const leak = plainExperiment((relay) => ({
      rssKib: relay.rssKib.map((rss = 0, sample) => Math.round(rss + sample * gib * 0.1)),
    }));
    assert.deepEqual(inferencesOf(leak), []);
    const swing = plainExperiment((relay) => ({
      rssKib: relay.rssKib.map((rss = 0, sample) =>
        Math.round(rss * (1 - 0.06 * Math.cos((2 * Math.PI * sample) / 9))),
      ),
      peakKib: relay.rssKib.map(() => 5 * gib),
    }));
    assert.deepEqual(inferencesOf(swing), []);
  });
});

describe('arm-changed', () => {
  it('is told of rows that name one arm and later another', () => {
    const { relays, evidence, severity } = only(
      'arm-changed',
      plainExperiment((_, index) =>
        index === firstA ? { labels: Array.from({ length: count }, (_, sample) => (sample < 20 ? 'A' : 'B')) } : {},
      ),
    );
    assert.deepEqual([relays, severity], [names([firstA]), 'warning']);
    assert.deepEqual(evidence.changes, [
      { relay: `relay${firstA}`, at: iso(startMs + 20 * everyMs), from: 'A', to: 'B' },
    ]);
  });

  const lateArm = (addedMs?: number) =>
    plainExperiment(
      (relay) =>
        relay.arm === 'A'
          ? { labels: Array.from({ length: count }, (_, sample) => (sample < 20 ? undefined : 'A')) }
          : {},
      { arms: [{ id: 'A', ...(addedMs === undefined ? {} : { addedMs }) }, { id: 'B' }, { id: 'Z' }] },
    );

  it('is a note of relays that came to a late arm when it is stated to have been added', () => {
    const { severity, arm, relays } = only('arm-changed', lateArm(startMs + 20 * everyMs));
    assert.deepEqual([severity, arm, relays], ['info', 'A', names(armA)]);
  });

  it('is a warning where nobody stated it, or rows come days after it', () => {
    assert.equal(only('arm-changed', lateArm()).severity, 'warning');
    assert.equal(only('arm-changed', lateArm(startMs)).severity, 'warning');
  });

  it('is told of rows that carry an arm before it was added', () => {
    const experiment = plainExperiment(undefined, {
      arms: [{ id: 'A', addedMs: startMs + 5 * everyMs }, { id: 'B' }, { id: 'Z' }],
    });
    assert.equal(only('arm-changed', experiment).evidence.rows, 5 * armA.length);
  });

  it('is not told where no row at all is labelled at first: an older form of the files', () => {
    const labels = (arm: string | undefined) =>
      Array.from({ length: count }, (_, sample) => (sample < 20 ? undefined : arm));
    assert.deepEqual(inferencesOf(plainExperiment(({ arm }) => ({ labels: labels(arm) }))), []);
  });

  it('is told of an arm that restarts as a whole, days after its rows name it', () => {
    const { arm, evidence } = only(
      'arm-changed',
      plainExperiment((relay) => (relay.arm === 'A' ? restartedAt(relay, 20) : {})),
    );
    assert.deepEqual([arm, evidence.restarted, evidence.controlRestarted], ['A', armA.length, 0]);
  });

  it('is not told of a restart of the whole host', () =>
    assert.deepEqual(
      allOf(
        'arm-changed',
        plainExperiment((relay) => restartedAt(relay, 20)),
      ),
      [],
    ));

  it('is told of an allocator that changed under a relay', () => {
    const { message, relays } = only(
      'arm-changed',
      plainExperiment(
        (_, index) => ({
          proof: Array.from({ length: count }, (_, sample) => (index === firstA && sample >= 30 ? 1 : 0)),
        }),
        {
          proofs: [
            { allocator: 'mimalloc', path: '/a' },
            { allocator: 'glibc', path: '/b' },
          ],
        },
      ),
    );
    assert.deepEqual(relays, names([firstA]));
    assert.match(message, /mimalloc to glibc/);
  });
});

describe('snapshot-conclusion', () => {
  /** Arm B is restarted every two days: a sawtooth around the level of the others. */
  const sawtooth = plainExperiment((relay) => {
    if (relay.arm !== 'B') return {};
    const rssKib = relay.rssKib.map((rss = 0, sample) => Math.round(rss * (0.6 + 0.06 * (sample % 8))));
    return { rssKib, peakKib: rssKib };
  });
  const instant = startMs + 3 * everyMs;

  it('is a note as long as nobody concluded anything', () => {
    const { severity, arm, evidence } = only('snapshot-conclusion', sawtooth);
    assert.deepEqual([severity, arm, evidence.places], ['info', 'B', [1, 3]]);
  });

  it('is a warning for a conclusion from one instant, and tells how often another instant says otherwise', () => {
    const figures = { B: 3 * 2 ** 30 };
    const finding = only('snapshot-conclusion', sawtooth, { conclusion: { method: 'snapshot', instant, figures } });
    assert.ok(isProblem(finding));
    const { atInstantBytes, overCyclesBytes, statedBytes } = finding.evidence;
    assert.ok(Math.abs(Number(atInstantBytes) / 2 ** 30 - 4 * 0.78) < 0.05, `${atInstantBytes}`);
    assert.ok(Math.abs(Number(overCyclesBytes) / 2 ** 30 - 4 * 0.81) < 0.05, `${overCyclesBytes}`);
    assert.equal(statedBytes, figures.B);
    assert.ok(Number(finding.evidence.lowestShare) > 0.5 && Number(finding.evidence.lowestShare) < 1);
  });

  it('is not told of a mean over time, nor of arms that keep still', () => {
    assert.deepEqual(inferencesOf(sawtooth, { conclusion: { method: 'time-weighted' } }), []);
    assert.deepEqual(inferencesOf(plainExperiment(), { conclusion: { method: 'snapshot', instant } }), []);
  });
});

describe('counter-dip', () => {
  const dipping = (share: number) =>
    plainExperiment((relay) => {
      if (relay.arm !== 'B') return {};
      return { peakKib: relay.rssKib.map((_, sample) => Math.round(5 * gib * (sample % 10 === 9 ? 1 - share : 1))) };
    });

  it('tells dips that are no restarts, as a note', () => {
    const { arm, severity, evidence } = only('counter-dip', dipping(0.03));
    assert.deepEqual([arm, severity, evidence.dips], ['B', 'info', 32]);
  });

  it('passes over what counting in batches does', () => assert.deepEqual(inferencesOf(dipping(0.002)), []));
});

describe('measurements that allow no judgement', () => {
  it('are audited without an error: one sample a relay, an arm without relays, nothing at all', () => {
    const single = plainExperiment((relay) => keep(relay, (sample) => sample === 0));
    assert.deepEqual(inferencesOf(single), []);
    const empty = plainExperiment(undefined, { arms: [{ id: 'A' }, { id: 'B' }, { id: 'Z' }, { id: 'Q' }] });
    assert.deepEqual(inferencesOf(empty), []);
    assert.deepEqual(inferencesOf({ relays: [] }), []);
    const unmeasured = plainExperiment(({ atMs }) => ({
      rssKib: atMs.map(() => undefined),
      virtualKib: atMs.map(() => undefined),
      peakKib: atMs.map(() => undefined),
    }));
    assert.deepEqual(inferencesOf(unmeasured), []);
  });

  it('never put NaN into evidence', () => {
    const [one] = plainExperiment().relays;
    const few = plainExperiment(undefined, { relays: one === undefined ? [] : [one] });
    const text = JSON.stringify(auditMeasurements(buildMeasurements(few)));
    assert.doesNotMatch(text, /NaN|Infinity|:null/);
  });
});
