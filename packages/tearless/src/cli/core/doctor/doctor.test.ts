import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunSummary } from '../../../change/read-run.ts';
import { resolveDesired } from '../../../config/desired.ts';
import { parseConfig } from '../../../config/parse.ts';
import { HostError } from '../../../host/host-error.ts';
import { configHead, fileFacts, sampleHost, sampleInstance } from '../../../relays/testing/sample-fleet.ts';
import { readOwnHolder } from '../../../store/holder.ts';
import type { Check } from '../check.ts';
import type { HostInspection } from '../inspect-host.ts';
import { renderChecks } from '../render/check-lines.ts';
import { createStyle } from '../style.ts';
import { judgeDrift, judgeFamilies, judgeHosts, toObservation } from './fleet-checks.ts';
import { judgeLock } from './lock-checks.ts';
import { judgeNode, judgeRuns, judgeSsh } from './machine-checks.ts';

const style = createStyle(false);
const short = (checks: readonly Check[]) =>
  checks.map(({ name, subject, outcome, code }) => [outcome, name, subject, code ?? '']);

describe('checks of this machine', () => {
  it('an old Node is a problem, compared by numbers', () => {
    const outcomes = ['24.15.0', '24.9.0', '22.30.1', '25.0.0', '100.1.0'].map((version) => judgeNode(version).outcome);
    assert.deepEqual(outcomes, ['ok', 'problem', 'problem', 'ok', 'ok']);
  });

  it('a missing ssh or ssh-keygen is a problem', () => {
    assert.equal(judgeSsh('OpenSSH_9.2p1 Debian-2, OpenSSL 3.0\n').message, 'OpenSSH_9.2p1 Debian-2, OpenSSL 3.0');
    assert.match(judgeSsh('ssh\nssh-keygen\nsh: 1: ssh: not found\n').message, /^ssh and ssh-keygen cannot be found$/);
    assert.equal(judgeSsh('ssh-keygen\nOpenSSH_9.2p1\n').outcome, 'problem');
  });

  it('a run that nobody works on is a problem, one that goes on is not', () => {
    const run = (name: string, rest: Partial<RunSummary>): RunSummary => ({
      run: name,
      fleet: 'f',
      planId: name,
      createdMs: 0,
      items: 1,
      state: 'finished',
      ...rest,
    });
    const checks = judgeRuns('/state.db', [
      run('1', { outcome: 'done' }),
      run('2', { state: 'open' }),
      run('3', { state: 'running' }),
      run('4', { state: 'open', outcome: 'failed' }),
      run('5', { state: 'elsewhere' }),
    ]);
    assert.deepEqual(short(checks), [
      ['ok', 'state', '', ''],
      ['problem', 'runs', '2', 'run-unfinished'],
      ['note', 'runs', '3', 'run-running'],
      ['problem', 'runs', '4', 'run-unfinished'],
      ['note', 'runs', '5', 'run-running'],
    ]);
    assert.match(checks[1]?.hint ?? '', /tearless run resume 2.*tearless run undo 2/);
  });
});

describe('checks of locks', () => {
  const lock = { run: 'r1', fleet: 'f', sinceMs: 0, holder: readOwnHolder() };

  it('a lock is a problem only when its process is known to be gone', () => {
    assert.deepEqual(
      (['alive', 'elsewhere', 'gone'] as const).map(
        (holder) => judgeLock('h1', lock, { holder, hasBegun: true }).outcome,
      ),
      ['note', 'note', 'problem'],
    );
    assert.match(judgeLock('h1', lock, { holder: 'gone', hasBegun: true }).hint ?? '', /tearless run undo r1/);
  });

  it('a lock whose run never began there is not to be ended by resuming or undoing that run', () => {
    const hints = (['elsewhere', 'gone'] as const).map(
      (holder) => judgeLock('h1', lock, { holder, hasBegun: false }).hint ?? '',
    );
    assert.match(hints[0] ?? '', /'tearless apply --take-over'/);
    assert.match(hints[1] ?? '', /the next 'tearless apply'/);
    for (const hint of hints) assert.doesNotMatch(hint, /undo r1|resume r1/);
  });
});

describe('checks of a fleet', () => {
  const config = parseConfig(`${configHead(['h1', 'h2'])}relays: [h1/a, h1/b, h2/c]\n`, 'tearless.yaml');
  const desired = resolveDesired(config);
  const a = sampleInstance('a');
  const b = sampleInstance('b');
  const inFamily = (instance: typeof a, ...others: readonly (typeof a)[]) => ({
    ...instance,
    torrc: [fileFacts(instance.torrcPath, `MyFamily ${others.map(({ fingerprint }) => fingerprint).join(',')}\n`)],
  });
  const up = (name: string, ...instances: readonly (typeof a)[]): HostInspection => ({
    name,
    config: {},
    login: { user: 'tearless', uid: 999 },
    clock: { aheadMs: 0, uncertaintyMs: 1 },
    helper: { version: '0123456789abcdef', isCurrent: true, isCarried: false },
    facts: sampleHost(name, instances),
  });
  const down: HostInspection = {
    name: 'h2',
    config: {},
    error: new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: 'h2: no', hint: 'mend it' }),
  };

  it('a host that is well takes one line, one that does not answer is named once', () => {
    const inspections = [up('h1', a, b), down];
    assert.deepEqual(short(judgeHosts(inspections)), [
      ['ok', 'host', 'h1', ''],
      ['problem', 'reach', 'h2', 'ssh-unreachable'],
    ]);
    assert.deepEqual(short(judgeDrift(config, desired, toObservation(inspections))), [['ok', 'drift', '', '']]);
  });

  it('counts the declared relays that it saw, and those that it did not', () => {
    const say = (...inspections: readonly HostInspection[]) =>
      judgeDrift(config, desired, toObservation(inspections)).find(({ outcome }) => outcome === 'ok')?.message;
    const onH2 = desired.relays.filter(({ host }) => host === 'h2').length;
    assert.equal(say(up('h1', a, b, sampleInstance('extra')), down), `2 relays are as declared, ${onH2} were not seen`);
    assert.equal(say(down), undefined);
  });

  it('drift is a problem, what is not declared a note', () => {
    const inspections = [up('h1', { ...a, activeState: 'failed' }, b, sampleInstance('extra')), down];
    assert.deepEqual(short(judgeDrift(config, desired, toObservation(inspections))), [
      ['problem', 'drift', 'h1/a', 'relay-not-running'],
      ['note', 'drift', 'h1/extra', 'relay-undeclared'],
    ]);
  });

  it('relays that do not name each other are a problem of the family', () => {
    const judge = (...instances: readonly (typeof a)[]) =>
      short(judgeFamilies(desired, toObservation([up('h1', ...instances), down])));
    assert.deepEqual(judge(a, b), [['problem', 'family', '', 'family-missing']]);
    assert.deepEqual(judge(inFamily(a, b), inFamily(b, a)), [['ok', 'family', '', '']]);
    assert.equal(judge(inFamily(a, b), inFamily(b, b))[0]?.[3], 'family-one-sided');
    assert.deepEqual(judge(a), []);
  });
});

describe('checks as lines', () => {
  it('of one kind are shown up to three, and a message of several lines stays in its column', () => {
    const problem = (subject: string): Check => ({
      name: 'drift',
      subject,
      outcome: 'problem',
      code: 'x',
      message: 'one\ntwo',
      hint: 'mend',
    });
    assert.deepEqual(renderChecks(['a', 'b', 'c', 'd', 'e'].map(problem), style).slice(6), [
      'problem  drift c  one',
      '                  two',
      '         do mend',
      '         and 2 more: d, e',
      '5 problems',
    ]);
  });
});
