import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { StoreError } from '../../store/store-error.ts';
import { Ledger } from './ledger.ts';
import { settle, VirtualClock } from './testing/virtual-clock.ts';

const away = () => new StoreError({ kind: 'unreachable', code: 'store-unreachable', message: 'no answer' });

const open = ({ hasLease = true } = {}) => {
  const leader = { hasLease, leads: true, mayPublish: () => leader.leads };
  const clock = new VirtualClock(0);
  const written: string[] = [];
  const store = {
    answer: 'at once' as 'at once' | 'never' | 'refuses',
    write: (text: string) => async (): Promise<void> => {
      if (store.answer === 'refuses') throw away();
      if (store.answer === 'never') await new Promise(() => {});
      written.push(text);
    },
  };
  return { ledger: new Ledger(leader, clock), leader, clock, written, store };
};

suite('what a leader writes down while the store is out of reach', () => {
  test('waits, the last version of each alone, and is written when the store is back', async () => {
    const { ledger, store, written } = open();
    store.answer = 'refuses';
    await ledger.write('round', store.write('first'));
    await ledger.write('round', store.write('second'));
    await ledger.write('counter', store.write('7'));
    await ledger.flush();
    assert.deepEqual(written, []);
    store.answer = 'at once';
    await ledger.flush();
    await ledger.flush();
    assert.deepEqual(written, ['second', '7']);
  });

  test('is not written once the lease has ended, and forgotten when another may have led', async () => {
    const { ledger, leader, store, written } = open();
    store.answer = 'refuses';
    await ledger.write('round', store.write('old'));
    store.answer = 'at once';
    leader.leads = false;
    await ledger.flush();
    await ledger.write('round', store.write('older'));
    leader.leads = true;
    ledger.forget();
    await ledger.flush();
    assert.deepEqual(written, []);
  });

  test('holds nobody up where the store says nothing, and no second write overtakes the first', async () => {
    const { ledger, clock, store, written } = open();
    store.answer = 'never';
    const write = ledger.write('round', store.write('first'));
    const read = ledger.read(() => new Promise<number>(() => {}));
    await clock.pass(1_000);
    await write;
    assert.equal(await read, undefined);
    store.answer = 'at once';
    await ledger.write('round', store.write('second'));
    assert.deepEqual(written, []);
    await ledger.write('other', store.write('other'));
    assert.deepEqual(written, ['other']);
  });

  test('is an error without a lease, and where waiting does not help', async () => {
    const { ledger, store } = open({ hasLease: false });
    store.answer = 'refuses';
    await assert.rejects(ledger.write('round', store.write('x')), { code: 'store-unreachable' });
    await assert.rejects(
      ledger.read(() => Promise.reject(away())),
      { code: 'store-unreachable' },
    );
    const denied = new StoreError({ kind: 'denied', code: 'store-denied', message: 'no' });
    await assert.rejects(
      open().ledger.write('round', () => Promise.reject(denied)),
      { code: 'store-denied' },
    );
    await settle();
  });
});
