// Fuzz target: onion service descriptors as directories give them.
import { fileURLToPath } from 'node:url';
import { decodeDescriptor } from '../src/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '../src/hsdesc/encode-descriptor.ts';
import { makeContent, makeService, nowMs } from '../src/hsdesc/testing/descriptors.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = fileURLToPath(new URL('../testdata/hsdesc', import.meta.url));
const service = makeService('fuzzed');
const made = [0, 1, 9].map((points) => Buffer.from(encodeDescriptor(makeContent('fuzz', service, points), service)));

export const hsdescFuzz: FuzzOptions = {
  name: 'hsdesc',
  corpus: [...made, ...readCorpus(folder)],
  target: (bytes) => {
    decodeDescriptor(new TextDecoder().decode(bytes), { keys: service.keys, nowMs });
  },
};

if (import.meta.main) fuzzMain(hsdescFuzz);
