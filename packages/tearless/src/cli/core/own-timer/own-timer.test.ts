// What a timer of this machine is given to find the same state as whoever installed it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandContext } from '../context.ts';
import { callOf } from './own-timer.ts';

const contextOf = (env: Readonly<Record<string, string>>, storeOption?: string): CommandContext =>
  ({ surroundings: { env, home: '/home/me', cwd: '/srv/fleet' }, storeOption }) as unknown as CommandContext;
const environmentOf = (env: Readonly<Record<string, string>>, storeOption?: string) =>
  callOf(contextOf(env, storeOption), ['collect']).environment;

describe('a timer', () => {
  const url = 'postgresql://me@db/state?sslmode=require';

  it('finds the state that the command line or the environment named, whatever folder it starts in', () => {
    assert.deepEqual(environmentOf({}), { HOME: '/home/me' });
    assert.equal(environmentOf({ TEARLESS_STORE: url }).TEARLESS_STORE, url);
    assert.equal(environmentOf({ TEARLESS_STORE: url }, 'here.db').TEARLESS_STORE, '/srv/fleet/here.db');
    assert.equal(environmentOf({ TEARLESS_STORE: 'there.db' }).TEARLESS_STORE, '/srv/fleet/there.db');
  });

  it('finds the password where its file is named, and holds none itself', () => {
    assert.equal(environmentOf({ PGPASSFILE: '/home/me/pass', PGPASSWORD: 'hunter2' }).PGPASSFILE, '/home/me/pass');
    assert.doesNotMatch(JSON.stringify(environmentOf({ TEARLESS_STORE: url, PGPASSWORD: 'hunter2' })), /hunter2/);
    assert.throws(
      () => environmentOf({ TEARLESS_STORE: 'postgresql://me:hunter2@db/state' }),
      (error: Error) => {
        assert.ok('code' in error && error.code === 'store-password-exposed');
        assert.doesNotMatch(JSON.stringify({ ...error, text: error.message }), /hunter2/);
        return true;
      },
    );
  });
});
