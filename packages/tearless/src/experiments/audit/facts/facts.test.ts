import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImportProblem } from '../../model/import-problem.ts';
import { type BuiltExperiment, type BuiltRelay, buildMeasurements } from '../../testing/build-measurements.ts';
import { auditMeasurements } from '../audit.ts';
import type { Finding, FindingCode } from '../finding.ts';
import { count, everyMs, keep, plainExperiment, startMs } from '../testing/plain-experiment.ts';
import { iso } from '../wording.ts';

const factsOf = (experiment: BuiltExperiment): Finding[] =>
  auditMeasurements(buildMeasurements(experiment), { permutations: 199 }).filter(({ kind }) => kind === 'fact');
const only = (experiment: BuiltExperiment, code: FindingCode): Finding => {
  const findings = factsOf(experiment);
  assert.deepEqual(
    findings.map((finding) => finding.code),
    [code],
  );
  return findings[0] ?? assert.fail();
};

const duplicate = (override: Partial<ImportProblem>): ImportProblem => ({
  code: 'duplicate-row',
  file: 'memory.csv',
  line: 9,
  message: '',
  relay: 'relay3',
  atMs: startMs,
  same: true,
  rows: 1,
  ...override,
});

describe('facts', () => {
  it('of an experiment in which nothing is wrong there are none', () =>
    assert.deepEqual(factsOf(plainExperiment()), []));

  describe('duplicate-row', () => {
    it('counts rows, also those past the limit of an import, and names lines', () => {
      const problems = [
        duplicate({}),
        duplicate({ line: 12, relay: 'relay1' }),
        { ...duplicate({ rows: 40 }), line: undefined },
      ];
      const { relays, evidence } = only(
        plainExperiment(undefined, { problems: problems as ImportProblem[] }),
        'duplicate-row',
      );
      assert.deepEqual(relays, ['relay1', 'relay3']);
      assert.deepEqual([evidence.rows, evidence.differing, evidence.lines], [42, 0, [9, 12]]);
    });
  });

  describe('gap', () => {
    it('of all relays tells from when to when and how much longer than usual', () => {
      const finding = only(
        plainExperiment((relay) => keep(relay, (sample) => sample < 10 || sample >= 14)),
        'gap',
      );
      assert.deepEqual([finding.severity, finding.relays], ['warning', []]);
      assert.deepEqual(finding.evidence.longest, {
        from: iso(startMs + 9 * everyMs),
        to: iso(startMs + 14 * everyMs),
        hours: 30,
        intervals: 5,
      });
    });

    it('of one relay names it', () => {
      const experiment = plainExperiment((relay, index) => (index === 5 ? keep(relay, (sample) => sample !== 20) : {}));
      assert.deepEqual(only(experiment, 'gap').relays, ['relay5']);
    });

    it('is measured by the plan where there is one', () => {
      const experiment = plainExperiment(undefined, { info: { sampleEveryMs: everyMs / 6 } });
      assert.equal(only(experiment, 'gap').evidence.count, count - 1);
    });

    it('is found in files that hold only rows over all relays', () => {
      const atMs = [0, 1, 2, 3, 4, 5, 12, 13, 14].map((place) => startMs + place * everyMs);
      const aggregates = atMs.map((ms) => ({ atMs: ms, server: 'co', relays: 9, totalKib: 1 }));
      const measurements = { ...buildMeasurements({ relays: [], aggregates }), snapshots: Float64Array.from(atMs) };
      const findings = auditMeasurements(measurements);
      assert.deepEqual(
        findings.map(({ code, evidence }) => [code, evidence.count]),
        [['gap', 1]],
      );
    });

    it('of relays is not hidden by rows over all of them', () => {
      const experiment = plainExperiment((relay) => keep(relay, (sample) => sample < 10 || sample >= 14));
      const built = buildMeasurements(experiment);
      const snapshots = Float64Array.from({ length: count }, (_, sample) => startMs + sample * everyMs);
      const [gap] = auditMeasurements({ ...built, snapshots }).filter(({ code }) => code === 'gap');
      assert.deepEqual(gap?.relays, []);
    });

    it('is not a distance that merely varies', () => {
      const experiment = plainExperiment(({ atMs }) => ({
        atMs: atMs.map((ms, sample) => ms + (sample % 3) * (everyMs / 6)),
      }));
      assert.deepEqual(factsOf(experiment), []);
    });

    it('tells instants at which a host could not be asked', () => {
      const gaps = [{ atMs: startMs + 5, host: 'h1', reason: 'no route to host' }];
      const { message, evidence } = only(plainExperiment(undefined, { gaps }), 'gap');
      assert.match(message, /h1 could not be asked at 1 planned instant.*no route to host/);
      assert.equal(evidence.count, 1);
    });
  });

  describe('missing-relay', () => {
    it('names a relay that disappears while its arm goes on', () => {
      const experiment = plainExperiment((relay, index) => (index === 4 ? keep(relay, (sample) => sample < 30) : {}));
      const { relays, evidence } = only(experiment, 'missing-relay');
      assert.deepEqual(relays, ['relay4']);
      assert.deepEqual(evidence.lastSeen, { relay4: iso(startMs + 29 * everyMs) });
    });

    it('does not name relays of an arm that ended', () => {
      const experiment = plainExperiment((relay) => (relay.arm === 'A' ? keep(relay, (sample) => sample < 30) : {}));
      assert.deepEqual(factsOf(experiment), []);
    });

    it('names a relay of an arm that was never measured', () => {
      const experiment = plainExperiment((_, index) => (index === 4 ? { atMs: [], rssKib: [] } : {}));
      const { relays, evidence } = only(experiment, 'missing-relay');
      assert.deepEqual([relays, evidence.neverMeasured], [['relay4'], ['relay4']]);
    });
  });

  describe('identity', () => {
    it('of rows with empty fingerprints is a note where other files tell them', () => {
      const problems: ImportProblem[] = [{ code: 'empty-fingerprint', file: 'memory.csv', message: '', rows: 960 }];
      const named = plainExperiment((_, index) => ({ fingerprint: String(index).padStart(40, '0') }), { problems });
      assert.equal(only(named, 'identity').severity, 'info');
      const unnamed = only(plainExperiment(undefined, { problems }), 'identity');
      assert.deepEqual([unnamed.severity, unnamed.relays.length], ['warning', 24]);
    });

    it('of one nickname for two relays names both, and the one never seen is not called missing', () => {
      const experiment = plainExperiment((_, index) => (index === 3 ? { atMs: [], rssKib: [] } : {}), {
        problems: Array.from({ length: count }, (_, sample) =>
          duplicate({ relay: 'relay10', same: false, atMs: startMs + sample * everyMs }),
        ),
      });
      const findings = factsOf(experiment);
      assert.deepEqual(
        findings.map(({ code }) => code),
        ['identity', 'duplicate-row'],
      );
      assert.deepEqual(findings[0]?.relays, ['relay10', 'relay3']);
    });

    it('of rows repeated with the same figures says nothing', () => {
      const problems = Array.from({ length: count }, (_, sample) => duplicate({ atMs: startMs + sample * everyMs }));
      only(plainExperiment(undefined, { problems }), 'duplicate-row');
    });

    it('names two relays with one process', () => {
      const experiment = plainExperiment((relay, index) => ({
        id: index === 7 ? 'relay2b' : relay.id,
        ...(index === 7 ? { rssKib: plainExperiment().relays[2]?.rssKib ?? [] } : {}),
      }));
      const { relays, evidence, message } = only(experiment, 'identity');
      assert.deepEqual(relays, ['relay2', 'relay2b']);
      assert.deepEqual([evidence.same, evidence.samples, evidence.prefix], [count, count, true]);
      assert.match(message, /relay2b begins with relay2/);
    });

    it('does not name relays that agree now and then', () => {
      const experiment = plainExperiment((relay, index) => ({
        rssKib: relay.rssKib.map((rss, sample) =>
          index === 7 && sample < 15 ? plainExperiment().relays[2]?.rssKib[sample] : rss,
        ),
      }));
      assert.deepEqual(factsOf(experiment), []);
    });
  });

  it('idle relays that stay at the same figures are not taken for one process', () => {
    const idle = plainExperiment((_, index) => ({
      rssKib: Array.from({ length: count }, () => 40_000 + 4 * (index % 5)),
    }));
    assert.deepEqual(factsOf(idle), []);
  });

  it('samples at no usual interval have no gaps, and a relay that disappears is still missed', () => {
    const irregular = (relay: BuiltRelay): BuiltRelay => ({
      ...relay,
      atMs: relay.atMs.map((ms, sample) => ms + Math.round(sample ** 2.2) * 600_000),
    });
    assert.deepEqual(factsOf(plainExperiment(irregular)), []);
    const experiment = plainExperiment((relay, index) =>
      index === 4 ? { ...irregular(relay), ...keep(irregular(relay), (sample) => sample < 30) } : irregular(relay),
    );
    assert.deepEqual(only(experiment, 'missing-relay').relays, ['relay4']);
  });

  describe('server-renamed', () => {
    const span = (server: string, from: number, to: number) => ({
      server,
      fromMs: startMs + from * everyMs,
      toMs: startMs + to * everyMs,
      rows: 1,
    });

    it('tells both names and when', () => {
      const servers = [span('co', 0, 19), span('open', 20, 39)];
      const { evidence } = only(plainExperiment(undefined, { servers }), 'server-renamed');
      assert.deepEqual([evidence.from, evidence.to, evidence.relaysOnBothSides], ['co', 'open', 24]);
    });

    it('is not told of two hosts at the same time, nor of other relays on a later host', () => {
      assert.deepEqual(factsOf(plainExperiment(undefined, { servers: [span('a', 0, 39), span('b', 0, 39)] })), []);
      const later = plainExperiment(
        (relay) => keep(relay, (sample) => (relay.arm === 'A' ? sample < 20 : sample >= 20)),
        { servers: [span('a', 0, 19), span('b', 20, 39)] },
      );
      assert.deepEqual(factsOf(later), []);
    });
  });
});
