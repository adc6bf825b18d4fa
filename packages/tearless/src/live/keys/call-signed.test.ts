import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { CallOptions, Host } from '../../host/host.ts';
import { callSigned } from './call-signed.ts';
import { namespaces } from './namespaces.ts';

/** @param word what it gives away */
const callOn = async (word: string) => {
  const calls: (readonly [string, CallOptions])[] = [];
  const signed: (readonly [string, string, string])[] = [];
  const call = async (verb: string, options: CallOptions = {}) => {
    calls.push([verb, options]);
    return { exitCode: 0, stdout: Buffer.from(verb === 'live-word' ? word : 'done'), stderr: '' };
  };
  const sign = async (namespace: string, content: Uint8Array, key: string) => {
    signed.push([namespace, Buffer.from(content).toString('latin1'), key]);
    return Buffer.from('signature');
  };
  const by = { sign, key: '/key' };
  const wish = {
    namespace: namespaces.plan,
    verb: 'live-inject',
    args: ['a', 'apply'],
    content: Buffer.from([0, 255, 10]),
  };
  const act = () => callSigned({ host: { name: 'h1', call } as unknown as Host }, by, wish);
  return { act, calls, signed };
};

const word = '5f0c33d2-1f4a-4a63-8c0e-3d1a8c7f9b21';

it('what is signed begins with the host’s word, the verb and its arguments, so that it counts nowhere else', async () => {
  const { act, calls, signed } = await callOn(`${word}\n`);
  assert.equal(Buffer.from((await act()).stdout).toString(), 'done');
  const statement = `${word} live-inject a apply\n\0\xff\n`;
  assert.deepEqual(signed, [[namespaces.plan, statement, '/key']]);
  assert.deepEqual(
    calls.map(([verb, { args }]) => [verb, args]),
    [
      ['live-word', undefined],
      ['live-inject', ['a', 'apply']],
    ],
  );
  const [, sent] = calls[1] ?? [];
  assert.equal(Buffer.from(sent?.input ?? '').toString('latin1'), `9\nsignature${statement}`);
});

it('nothing is signed that a host puts in the place of a word: it might be meant for another host', async () => {
  for (const other of ['', 'word', `${word} live-install injector\n\x7fELF`, `${word}\n${word}`]) {
    const { act, signed } = await callOn(other);
    await assert.rejects(act(), { code: 'live-word-strange' });
    assert.deepEqual(signed, []);
  }
});
