import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HostError } from '../../host/host-error.ts';
import { sampleHost } from '../../relays/testing/sample-fleet.ts';
import { exitCodeOfChecks } from './check.ts';
import { checkHost } from './host-checks.ts';
import type { HostInspection } from './inspect-host.ts';
import { renderChecks } from './render/check-lines.ts';
import { renderHosts } from './render/host-lines.ts';
import { createStyle } from './style.ts';

const style = createStyle(false);

const fine: HostInspection = {
  name: 'h1',
  config: { address: '192.0.2.7' },
  login: { user: 'tearless', uid: 999 },
  clock: { aheadMs: -200, uncertaintyMs: 5 },
  helper: { version: '0123456789abcdef', isCurrent: true, isCarried: false },
  facts: sampleHost('h1', []),
};

const failing = (code: string, kind: 'unreachable' | 'denied' | 'failed', seen: Partial<HostInspection> = {}) =>
  ({
    name: 'h1',
    config: {},
    ...seen,
    error: new HostError({ kind, code, message: `h1: ${code}`, hint: 'mend it' }),
  }) as HostInspection;

const outcomes = (seen: HostInspection) =>
  Object.fromEntries(checkHost(seen).map(({ name, outcome }) => [name, outcome]));

describe('checks of a host', () => {
  it('all pass on a host that is well', () => {
    assert.deepEqual(outcomes(fine), {
      reach: 'ok',
      'host-key': 'ok',
      login: 'ok',
      sudo: 'ok',
      helper: 'ok',
      facts: 'ok',
      clock: 'ok',
      disk: 'ok',
    });
    assert.equal(exitCodeOfChecks(checkHost(fine)), 0);
  });

  const cases: [string, 'unreachable' | 'denied' | 'failed', string, number][] = [
    ['ssh-unreachable', 'unreachable', 'reach', 4],
    ['ssh-name-unknown', 'unreachable', 'reach', 4],
    ['ssh-host-key-changed', 'denied', 'host-key', 4],
    ['ssh-key-refused', 'denied', 'login', 4],
    ['host-sudo-refused', 'denied', 'sudo', 7],
    ['host-helper-missing', 'denied', 'helper', 7],
    ['host-helper-outdated', 'denied', 'helper', 7],
    ['facts-section', 'failed', 'facts', 7],
  ];
  for (const [code, kind, check, exitCode] of cases)
    it(`${code} is a problem of '${check}', what led there is fine, the rest was not looked at`, () => {
      const checks = checkHost(failing(code, kind));
      const at = checks.findIndex(({ name }) => name === check);
      assert.equal(checks[at]?.outcome, 'problem');
      assert.equal(checks[at]?.hint, 'mend it');
      assert.ok(checks.slice(0, at).every(({ outcome }) => outcome === 'ok'));
      assert.ok(checks.slice(at + 1).every(({ outcome }) => outcome === 'skipped'));
      assert.equal(exitCodeOfChecks(checks), exitCode);
    });

  it('a clock that may be right for all we know is fine', () => {
    assert.equal(outcomes({ ...fine, clock: { aheadMs: 62_000, uncertaintyMs: 3_000 } }).clock, 'ok');
    assert.equal(outcomes({ ...fine, clock: { aheadMs: 62_000, uncertaintyMs: 500 } }).clock, 'problem');
    assert.equal(outcomes({ ...fine, clock: { aheadMs: -3_600_000, uncertaintyMs: 5 } }).clock, 'problem');
  });

  it('a full file system counts where Tearless or tor write to it', () => {
    const disk = (mount: string, availableBytes: number) => ({ mount, totalBytes: 1e10, availableBytes });
    const root = disk('/', 5e9);
    const withDisks = (...disks: ReturnType<typeof disk>[]) => ({ ...fine, facts: sampleHost('h1', [], { disks }) });
    assert.equal(outcomes(withDisks(root, disk('/srv', 0))).disk, 'ok');
    assert.equal(outcomes(withDisks(root, disk('/var', 1e6))).disk, 'problem');
    assert.equal(outcomes(withDisks(root, disk('/va', 1e6))).disk, 'ok');
    assert.equal(outcomes(withDisks(disk('/', 1e6), disk('/var', 5e9))).disk, 'problem');
  });

  it('a login as root is noted, not counted', () => {
    const seen = {
      ...fine,
      login: { user: 'root', uid: 0 },
      helper: { version: 'x', isCurrent: true, isCarried: true },
    };
    const checks = checkHost(seen);
    assert.equal(checks.find(({ name }) => name === 'login')?.code, 'login-is-root');
    assert.equal(exitCodeOfChecks(checks), 0);
  });

  it('read with what mends each problem below it, and their count', () => {
    const lines = renderChecks(
      checkHost(failing('host-sudo-refused', 'denied', { login: { user: 'u', uid: 5 } })),
      style,
    );
    assert.ok(lines.includes('problem  sudo h1      host-sudo-refused'), lines.join('\n'));
    assert.ok(lines.includes('         do mend it'));
    assert.equal(lines.at(-1), '1 problem');
    assert.equal(renderChecks(checkHost(fine), style).at(-1), 'no problems');
  });
});

describe('hosts as a table', () => {
  it('tells helpers that are current, outdated, missing and not needed apart', () => {
    const helperOf = (seen: HostInspection) => renderHosts([seen], style)[1]?.split(/ {2,}/).at(-1);
    assert.equal(helperOf(fine), '01234567');
    assert.equal(
      helperOf({ ...fine, helper: { version: 'feedbeef00', isCurrent: false, isCarried: false } }),
      'feedbeef (outdated)',
    );
    assert.equal(helperOf(failing('host-helper-missing', 'denied', { login: { user: 'u', uid: 5 } })), 'missing');
    assert.equal(helperOf({ ...fine, helper: { version: 'x', isCurrent: true, isCarried: true } }), 'as root');
    assert.equal(helperOf(failing('ssh-unreachable', 'unreachable')), '-');
  });

  it('shows what a host is, or that it does not answer', () => {
    assert.deepEqual(renderHosts([fine, failing('ssh-unreachable', 'unreachable', { name: 'h2' })], style), [
      'HOST  ADDRESS    USER      OS                              TOR       RELAYS  HELPER',
      'h1    192.0.2.7  tearless  Debian GNU/Linux 12 (bookworm)  0.4.9.11       0  01234567',
      'h2    h2         tearless  no answer                       -              -  -',
    ]);
  });
});
