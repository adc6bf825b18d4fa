import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveDesired } from '../config/desired.ts';
import { parseConfig } from '../config/parse.ts';
import type { RelayExtra } from '../daemon/fleet-extras.ts';
import type { InstanceFacts } from '../facts/observed.ts';
import { findSeenRelay } from './fleet-observation.ts';
import { planRelayChange } from './relay-change.ts';
import { configHead, fileFacts, libraries, observe, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const foreignPath = '/etc/systemd/system/tor@a.service.d/allocator.conf';
const library = libraries.mimalloc.aliases[0];
const preload = `[Service]\nEnvironment="LD_PRELOAD=${library}"\n`;
const foreign = fileFacts(foreignPath, `${preload}Nice=5\n`);
const onForeign: Partial<InstanceFacts> = {
  dropIns: [foreign],
  environment: { LD_PRELOAD: library, LANG: 'C' },
  process: { ...sampleInstance('a').process, allocator: libraries.mimalloc } as NonNullable<InstanceFacts['process']>,
};

const change = (settings: string, extra: RelayExtra, instance: Partial<InstanceFacts> = onForeign) => {
  const declared = settings === '' ? '' : `settings:\n  - { select: "*", ${settings} }\n`;
  const desired = resolveDesired(parseConfig(`${configHead(['h1'])}relays: [h1/a]\n${declared}`, 'tearless.yaml'));
  const [relay] = desired.relays;
  assert.ok(relay !== undefined);
  const seen = findSeenRelay(relay, observe(sampleHost('h1', [sampleInstance('a', instance)])));
  const target =
    relay.allocator === undefined ? undefined : { name: relay.allocator, config: desired.allocators[relay.allocator] };
  return planRelayChange(seen, target, extra);
};
const shown = (settings: string, extra: RelayExtra, instance?: Partial<InstanceFacts>) =>
  change(settings, extra, instance).steps.map(({ id, symbol }) => `${symbol}${id}`);
const gone: RelayExtra = { dropIns: [{ path: foreignPath, text: null, why: 'of the experiment' }] };

describe('planRelayChange with extras', () => {
  it('takes a foreign drop-in away and restarts once into what is declared', () => {
    assert.deepEqual(shown('allocator: glibc', gone), ['-leaving-1', '~reload-systemd', '!restart']);
    assert.deepEqual(change('allocator: glibc', gone).reasons, ['loads glibc']);
  });

  it('leaves tor running when the same library comes from our own drop-in instead', () => {
    assert.deepEqual(shown('allocator: mimalloc', gone), ['-leaving-1', '+drop-in', '~reload-systemd']);
  });

  it('keeps the lines that are not the experiment’s', () => {
    const rest = '[Service]\nNice=5\n';
    const [first] = change('allocator: glibc', { dropIns: [{ path: foreignPath, text: rest, why: 'x' }] }).steps;
    assert.equal(first?.kind, 'file.write');
    assert.equal(first?.params.content, rest);
    assert.equal(first?.params.expects, foreign.sha256);
  });

  it('restarts where only the environment changes, though no allocator is declared', () => {
    assert.deepEqual(shown('', gone), ['-leaving-1', '~reload-systemd', '!restart']);
  });

  it('takes torrc options away that nothing declares, and keeps the declared ones', () => {
    const torrc = [{ ...fileFacts('/etc/tor/instances/a/torrc', 'MaxConsensusAgeForDiffs 14400\nNickname a\n') }];
    const instance = { torrc };
    const forget: RelayExtra = { forgetOptions: ['MaxConsensusAgeForDiffs'] };
    const [edit] = change('', forget, instance).steps;
    assert.equal(edit?.params.content, 'Nickname a\n');
    assert.deepEqual(shown('torrc: { MaxConsensusAgeForDiffs: "14400" }', forget, instance), []);
  });

  it('restarts for its own sake when asked to', () => {
    assert.deepEqual(shown('', { restart: 'starts with all arms' }, {}), ['!restart']);
  });

  it('refuses a drop-in that is not there', () => {
    assert.throws(() => shown('', gone, {}), { code: 'relays-no-such-drop-in' });
  });
});
