// A worker's helper on a stage: its host, its tor and the clock are the test's, what the balancer hears comes one by one.
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { ScriptedPeer } from '@tearless/tor/control/testing/scripted-peer.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { type MadeService, makeContent, makeService, nowMs } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { randomFromSeed } from '../../../stats/random/random.ts';
import type { HelperHeard } from '../../model/worker-helper.ts';
import { createWorkerHelper } from '../worker-helper.ts';
import { type HeldClock, holdClock } from './held-clock.ts';

/** What GETINFO answers: a descriptor, or tor's words for having none. */
export type Answer = { readonly text: string } | { readonly refusal: string };

export interface HelperStage extends AsyncDisposable {
  readonly address: string;
  readonly clock: HeldClock;
  /** What tor answers from now on. */
  answer: Answer;
  /** The connection that the next try gets instead of one to tor, or why it gets none. */
  instead: Duplex | Error | undefined;
  /** The tors that were connected to so far. */
  readonly tors: readonly ScriptedPeer[];
  /** The next thing that the balancer hears. */
  next(): Promise<HelperHeard>;
  /** Everything heard that nobody has taken. */
  readonly left: readonly HelperHeard[];
}

/** A descriptor with three introduction points. */
export const makeDescriptor = (service: MadeService, revisionCounter = 2_695_743_564n): string =>
  encodeDescriptor({ ...makeContent('point', service, 3), revisionCounter }, service);

export const noneYet: Answer = { refusal: '551 Not found in cache' };

/** @param instead what the first try gets instead of a connection to tor */
export const setStage = (port?: number, instead?: Duplex | Error): HelperStage => {
  const service = makeService('a worker');
  const address = encodeOnionAddress(service.publicKey);
  const key = `hs/service/desc/id/${address.replace('.onion', '')}`;
  const clock = holdClock(nowMs);
  const heard: HelperHeard[] = [];
  const waiting: (() => void)[] = [];
  const tors: ScriptedPeer[] = [];
  const ending = new AbortController();

  const play = (command: string): string => {
    if (command === 'PROTOCOLINFO 1') return '250-PROTOCOLINFO 1\n250-AUTH METHODS=NULL\n250 OK';
    if (command !== `GETINFO ${key}`) return '250 OK';
    const { answer } = stage;
    return 'refusal' in answer ? answer.refusal : `250+${key}=\n${answer.text.trimEnd()}\n.\n250 OK`;
  };
  const stage: HelperStage = {
    address,
    clock,
    answer: { text: makeDescriptor(service) },
    instead,
    tors,
    left: heard,
    next: async () => {
      if (heard.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      const [first] = heard.splice(0, 1);
      assert.ok(first !== undefined);
      return first;
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await following;
    },
  };
  const open = async (): Promise<Duplex> => {
    const { instead: other } = stage;
    stage.instead = undefined;
    if (other instanceof Error) throw other;
    if (other !== undefined) return other;
    const tor = new ScriptedPeer(play);
    tors.push(tor);
    return tor.stream;
  };
  const way = { name: 'h1', open };
  const random = randomFromSeed('helper');
  const helper = createWorkerHelper({ way, instance: 'default', onionAddress: address, port, clock, random });
  const following = helper.follow((one) => {
    heard.push(one);
    waiting.shift()?.();
  }, ending.signal);
  return stage;
};
