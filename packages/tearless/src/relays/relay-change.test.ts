import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import { renderDropIn } from '../daemon/drop-in.ts';
import type { InstanceFacts } from '../facts/observed.ts';
import { findSeenRelay } from './fleet-observation.ts';
import { planRelayChange } from './relay-change.ts';
import { configHead, fileFacts, libraries, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const dropInPath = '/etc/systemd/system/tor@a.service.d/50-tearless-allocator.conf';
const ours = fileFacts(dropInPath, renderDropIn({ library: libraries.mimalloc.aliases[0] }));
const onMimalloc: Partial<InstanceFacts> = {
  dropIns: [ours],
  environment: { LD_PRELOAD: libraries.mimalloc.aliases[0] },
  process: { ...sampleInstance('a').process, allocator: libraries.mimalloc } as NonNullable<InstanceFacts['process']>,
};

const change = (settings: string, instance: Partial<InstanceFacts> = {}) => {
  const desired = resolveDesired(
    parseConfig(`${configHead(['h1'])}relays: [h1/a]\nsettings:\n  - { select: "*", ${settings} }\n`, 'tearless.yaml'),
  );
  const [relay] = desired.relays;
  assert.ok(relay !== undefined);
  const seen = findSeenRelay(relay, observe(sampleHost('h1', [sampleInstance('a', instance)])));
  const target =
    relay.allocator === undefined ? undefined : { name: relay.allocator, config: desired.allocators[relay.allocator] };
  return planRelayChange(seen, target);
};
const stepIds = (settings: string, instance: Partial<InstanceFacts> = {}) =>
  change(settings, instance).steps.map(({ id, symbol }) => `${symbol}${id}`);

describe('planRelayChange', () => {
  it('creates the drop-in, makes systemd read it and restarts', () => {
    assert.deepEqual(stepIds('allocator: mimalloc'), ['+drop-in', '~reload-systemd', '!restart']);
    const [dropIn] = change('allocator: mimalloc').steps;
    assert.deepEqual(dropIn?.params, {
      path: dropInPath,
      content: ours.text,
      expects: null,
      mode: 0o644,
      owner: 'root',
      group: 'root',
    });
  });

  it('has nothing to do when the target is loaded and would be loaded again', () => {
    assert.deepEqual(stepIds('allocator: mimalloc', onMimalloc), []);
    assert.deepEqual(stepIds('allocator: glibc'), []);
  });

  it('restarts without writing when the drop-in is right and the process is not', () => {
    assert.deepEqual(
      stepIds('allocator: mimalloc', {
        ...onMimalloc,
        process: sampleInstance('a').process as NonNullable<InstanceFacts['process']>,
      }),
      ['!restart'],
    );
  });

  it('writes without restarting when the process is right and the next start would not be', () => {
    assert.deepEqual(stepIds('allocator: mimalloc', { ...onMimalloc, dropIns: [], environment: {} }), [
      '+drop-in',
      '~reload-systemd',
    ]);
  });

  it('changes its own drop-in to another allocator, and removes it for glibc', () => {
    assert.deepEqual(stepIds('allocator: jemalloc', onMimalloc), ['~drop-in', '~reload-systemd', '!restart']);
    const steps = change('allocator: glibc', onMimalloc).steps;
    assert.deepEqual(
      steps.map(({ id, symbol }) => `${symbol}${id}`),
      ['-drop-in', '~reload-systemd', '!restart'],
    );
    assert.deepEqual(steps[0]?.params, { path: dropInPath, expects: ours.sha256, adopted: false });
  });

  it('refuses where a foreign drop-in decides, by its file and line', () => {
    const foreign = fileFacts(
      '/etc/systemd/system/tor@a.service.d/90-other.conf',
      '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/x.so\n',
    );
    const running = { ...onMimalloc, dropIns: [foreign], environment: { LD_PRELOAD: '/usr/lib/x.so' } };
    for (const allocator of ['jemalloc', 'glibc'])
      assert.throws(() => change(`allocator: ${allocator}`, running), {
        code: 'relays-foreign-drop-in',
        message: /90-other\.conf/,
      });
  });

  it('reloads for a torrc option that tor takes up while it runs', () => {
    const { steps, activation } = change('torrc: { ContactInfo: someone }');
    assert.equal(activation, 'reload');
    assert.deepEqual(
      steps.map(({ id, symbol }) => `${symbol}${id}`),
      ['~torrc', '~verify-config', '~reload'],
    );
    assert.match(String(steps[0]?.params.content), /^Nickname a\nORPort 9001\nContactInfo someone\n$/);
    assert.ok(steps[0]?.detail?.includes('+ContactInfo someone'));
  });

  it('lets tor itself judge the torrc of a worker, whose directory no login can look into', () => {
    const { torrcPath, dataDirectory } = sampleInstance('a');
    const text = `HiddenServiceDir ${dataDirectory}/shop\nHiddenServicePort 80\nHiddenServiceOnionBalanceInstance 1\n`;
    assert.deepEqual(stepIds('torrc: { BandwidthRate: 2 MBytes }', { torrc: [fileFacts(torrcPath, text)] }), [
      '~check-torrc',
      '~torrc',
      '~reload',
    ]);
  });

  it('restarts once for an allocator and a torrc option together', () => {
    assert.deepEqual(stepIds('allocator: mimalloc, torrc: { ContactInfo: someone }'), [
      '+drop-in',
      '~torrc',
      '~verify-config',
      '~reload-systemd',
      '!restart',
    ]);
  });

  it('touches no torrc that already says so', () => {
    assert.deepEqual(stepIds('torrc: { nickname: a, ORPort: 9001 }'), []);
  });
});
