// Fuzz target: what a SOCKS port says, as the client reads it.
import { negotiate } from '../src/socks/negotiate.ts';
import { type FuzzOptions, fuzzMain } from './harness.ts';

const target = { host: 'example.onion', port: 80, username: 'fuzz' };
const start = [5, 2, 1, 0, 5];

/** Lets the client talk to these bytes until they end or it has the stream. */
function readAll(bytes: Uint8Array): void {
  const talk = negotiate(target);
  let at = 0;
  for (let step = talk.next(); !step.done; ) {
    const taken = bytes.subarray(at, at + step.value.takeBytes);
    if (taken.length < step.value.takeBytes) return;
    at += taken.length;
    step = talk.next(taken);
  }
}

export const socksFuzz: FuzzOptions = {
  name: 'socks',
  corpus: [
    Uint8Array.of(...start, 0, 0, 1, 127, 0, 0, 1, 0, 80),
    Uint8Array.of(...start, 0, 0, 3, 3, 97, 98, 99, 0, 80),
    Uint8Array.of(...start, 0xf0, 0, 4, ...new Uint8Array(18)),
    Uint8Array.of(5, 255),
  ],
  maxBytes: 300,
  target: readAll,
};

if (import.meta.main) fuzzMain(socksFuzz);
