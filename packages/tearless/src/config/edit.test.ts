import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declareAdopted, declareHost, declareSshConfig, undeclareHost } from './edit.ts';
import { renderExampleConfig, renderFirstConfig } from './first-config.ts';
import { parseConfig } from './parse.ts';

const path = 'tearless.yaml';

const written = `# our fleet
version: 1
fleet: mine   # the name

hosts:
  # in the cellar
  h1: { address: 10.0.0.1, labels: { site: cellar } }   # old
relays:
  - h1/a   # the first
restart:
  serial: [1, 50%]
`;

describe('declaring a host', () => {
  it('leaves every line that a person wrote as it is', () => {
    const text = declareHost(written, path, 'h2', { address: '10.0.0.2', user: 'root' });
    const added = text.split('\n').filter((line) => !written.split('\n').includes(line));
    assert.deepEqual(added, ['  h2: { address: 10.0.0.2, user: root }']);
    assert.deepEqual(
      written.split('\n').filter((line) => !text.split('\n').includes(line)),
      [],
    );
  });

  it('keeps what else is declared of a host that stands there', () => {
    const text = declareHost(written, path, 'h1', { address: '10.0.0.9' });
    assert.deepEqual(parseConfig(text, path).hosts.h1, { address: '10.0.0.9', labels: { site: 'cellar' } });
    assert.match(text, /# in the cellar[\s\S]*# old/);
  });

  it('opens an empty map', () => {
    const text = declareHost(renderFirstConfig('mine'), path, 'h1', { address: 'fd00::1', port: 2222 });
    assert.match(text, /^hosts:\n {2}h1: \{ address: fd00::1, port: 2222 \}$/m);
    assert.deepEqual(parseConfig(text, path).hosts, { h1: { address: 'fd00::1', port: 2222 } });
  });

  it('is taken back by undeclaring it', () => {
    assert.equal(undeclareHost(declareHost(written, path, 'h2', {}), path, 'h2'), written);
    const first = renderFirstConfig('mine');
    const once = undeclareHost(declareHost(first, path, 'h1', {}), path, 'h1');
    assert.deepEqual(parseConfig(once, path), parseConfig(first, path));
  });

  it('keeps lists that are not indented', () => {
    const flat = written.replace('  - h1/a', '- h1/a');
    assert.match(declareHost(flat, path, 'h2', {}), /^- h1\/a {3}# the first$/m);
  });

  it('refuses to leave relays without their host', () => {
    assert.throws(() => undeclareHost(written, path, 'h1'), { code: 'config-unknown-host' });
  });
});

describe('declaring an adopted fleet', () => {
  const adopted =
    'version: 1\nfleet: other\nhosts: { h1: {} }\nrelays:\n  - h1/a\nsettings:\n  - { select: "*", allocator: glibc }\n';

  it('fills in relays and settings and leaves hosts and comments', () => {
    const before = declareHost(renderFirstConfig('mine'), path, 'h1', { address: '10.0.0.1' });
    const text = declareAdopted(before, path, adopted);
    const config = parseConfig(text, path);
    assert.equal(config.fleet, 'mine');
    assert.deepEqual(config.hosts, { h1: { address: '10.0.0.1' } });
    assert.deepEqual(config.relays, ['h1/a']);
    assert.deepEqual(config.settings, [{ select: '*', allocator: 'glibc' }]);
    assert.match(text, /# Machines that run relays/);
    assert.match(text, /# How restarts roll/);
  });

  it('refuses a configuration that declares relays', () => {
    assert.throws(() => declareAdopted(written, path, adopted), { code: 'config-has-relays' });
  });
});

it('names an ssh configuration before the hosts', () => {
  const text = declareSshConfig(renderExampleConfig('mine'), path, 'ssh/config');
  assert.match(text, /^fleet: mine\nsshConfig: ssh\/config\nhosts:$/m);
});

describe('a first configuration', () => {
  it('is right as it is written, and stays so with its comments taken for lines', () => {
    const first = renderFirstConfig('mine');
    assert.deepEqual(parseConfig(first, path), { version: 1, fleet: 'mine', hosts: {}, relays: [] });
    const open = first
      .replace('hosts: {}', 'hosts: { h1: {} }')
      .replace('relays: []', 'relays: [h1/a]')
      .replace(/^# (?=(?:allocators|settings|restart):| {2,})/gm, '');
    const config = parseConfig(open, path);
    assert.deepEqual(config.settings?.length, 2);
    assert.equal(config.restart?.soak, 60_000);
    assert.ok(config.allocators?.jemalloc !== undefined);
  });

  it('has an example of ten lines', () => {
    const example = renderExampleConfig('mine');
    assert.equal(example.trimEnd().split('\n').length, 10);
    assert.deepEqual(parseConfig(example, path).relays, ['h1/alpha', 'h1/beta']);
  });
});
