// The steps against a helper that is a table of directories: what they do when the host is not as it was planned.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeHost } from '../../../daemon/testing/fake-host.ts';
import { obConfigStep } from './ob-config.ts';
import { reloadServicesStep } from './reload-services.ts';
import { serviceDirStep } from './service-dir.ts';

const master = (letter: string): string => `MasterOnionAddress ${letter.repeat(56)}.onion\n`;
let host: FakeHost;
/** Text of ob_config by directory; null for none. */
let dirs: Map<string, string | null>;
let asked: string[];

beforeEach(() => {
  host = new FakeHost();
  dirs = new Map();
  asked = [];
  host.onCall = (verb, { args: [, name = '', more = ''] = [], input }) => {
    if (verb !== 'service-show') asked.push([verb, name, more].join(' ').trim());
    if (verb === 'service-make') dirs.set(name, null);
    if (verb === 'service-keep') dirs.delete(name);
    if (verb === 'service-configure') dirs.set(name, input === '' ? null : String(input));
    return [...dirs]
      .map(([one, text]) => `${one} made key - 600 ${text === null ? '-' : `=${Buffer.from(text).toString('hex')}`}\n`)
      .join('');
  };
});

describe('the step that makes a directory', () => {
  const params = { instance: 'a', directory: 'w', publicKey: null };

  it('makes it once, and its undo moves it aside under the run’s name', async () => {
    const memory = await serviceDirStep.remember(host.context, params);
    await serviceDirStep.do(host.context, params, memory);
    assert.deepEqual(await serviceDirStep.verify(host.context, params, memory), { directory: 'w', address: null });
    assert.equal(await serviceDirStep.check(host.context, params), true);
    await serviceDirStep.undo(host.context, params, memory);
    assert.deepEqual(asked, ['service-make w', 'service-keep w r1']);
  });

  it('leaves one alone that was there before', async () => {
    dirs.set('w', null);
    const memory = await serviceDirStep.remember(host.context, params);
    await serviceDirStep.undo(host.context, params, memory);
    assert.deepEqual(asked, []);
  });

  it('does not take another key for the one that it was to bring back', async () => {
    dirs.set('w', null);
    const wanted = { ...params, publicKey: 'ab'.repeat(32) };
    await assert.rejects(async () => serviceDirStep.verify(host.context, wanted, { wasThere: false }), {
      code: 'balance-directory-unproven',
    });
  });
});

describe('the step that writes ob_config', () => {
  const params = {
    instance: 'a',
    directory: 'w',
    content: master('a') + master('b'),
    mode: 0o600,
    expects: master('a'),
  };
  const drifted = { code: 'balance-ob-config-drifted' };

  it('goes there and back to the last byte', async () => {
    dirs.set('w', master('a'));
    const memory = await obConfigStep.remember(host.context, params);
    await obConfigStep.do(host.context, params, memory);
    assert.deepEqual(await obConfigStep.verify(host.context, params, memory), { directory: 'w' });
    await obConfigStep.undo(host.context, params, memory);
    assert.equal(dirs.get('w'), master('a'));
    await obConfigStep.undo(host.context, params, memory);
    assert.equal(asked.length, 2);
  });

  it('takes away what was not there before, and has nothing to do in a directory that is gone', async () => {
    dirs.set('w', null);
    const fresh = { ...params, expects: null };
    const memory = await obConfigStep.remember(host.context, fresh);
    await obConfigStep.do(host.context, fresh, memory);
    await obConfigStep.undo(host.context, fresh, memory);
    assert.equal(dirs.get('w'), null);
    dirs.delete('w');
    await obConfigStep.undo(host.context, fresh, memory);
  });

  it('overwrites nothing that it has not seen', async () => {
    dirs.set('w', master('c'));
    await assert.rejects(async () => obConfigStep.remember(host.context, params), drifted);
    dirs.set('w', master('a'));
    const memory = await obConfigStep.remember(host.context, params);
    dirs.set('w', master('c'));
    await assert.rejects(async () => obConfigStep.do(host.context, params, memory), drifted);
    await assert.rejects(async () => obConfigStep.undo(host.context, params, memory), drifted);
    assert.equal(dirs.get('w'), master('c'));
  });
});

describe('the step that reloads', () => {
  const params = { instance: 'a', present: ['/d/new'], absent: ['/d/old'], changes: [] };

  it('waits until tor has taken up which services it shall have', async () => {
    const services = ['HiddenServiceDir=/d/old', 'HiddenServiceDir=/d/new/'];
    host.tor = { info: {}, conf: {}, serviceLines: services };
    const memory = await reloadServicesStep.remember(host.context, params);
    await reloadServicesStep.do(host.context, params, memory);
    const { clock } = host;
    let sleeps = 0;
    const context = {
      ...host.context,
      clock: {
        ...clock,
        sleep: async (ms: number) => {
          sleeps += 1;
          services.shift();
          host.nowMs += ms;
        },
      },
    };
    const evidence = await reloadServicesStep.verify(context, params, memory);
    assert.deepEqual([sleeps, evidence.services], [1, ['/d/new']]);
  });

  it('fails when tor does not', async () => {
    host.tor = { info: {}, conf: {}, serviceLines: ['HiddenServiceDir=/d/old'] };
    const memory = await reloadServicesStep.remember(host.context, params);
    await assert.rejects(async () => reloadServicesStep.verify(host.context, params, memory), {
      code: 'balance-not-in-effect',
      message: /\/d\/new, \/d\/old/,
    });
  });
});
