// Fuzz targets: onion service descriptors as directories give them, and their inner and middle layers in the clear, where
// only a service itself, or someone with its keys, could have put damage.
import { fileURLToPath } from 'node:url';
import { decodeDescriptor } from '../src/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '../src/hsdesc/encode-descriptor.ts';
import { parseInner } from '../src/hsdesc/inner.ts';
import { parseMiddle } from '../src/hsdesc/middle.ts';
import { parseOuter } from '../src/hsdesc/outer.ts';
import { makeContent, makeService, nowMs } from '../src/hsdesc/testing/descriptors.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = fileURLToPath(new URL('../testdata/hsdesc', import.meta.url));
const service = makeService('fuzzed');
const made = [0, 1, 9].map((points) => Buffer.from(encodeDescriptor(makeContent('fuzz', service, points), service)));

export const hsdescFuzz: FuzzOptions = {
  name: 'hsdesc',
  corpus: [...made, ...readCorpus(folder)],
  target: (bytes) => {
    const text = new TextDecoder().decode(bytes);
    parseOuter(text);
    decodeDescriptor(text, { keys: service.keys, nowMs });
  },
};

export const hsdescLayersFuzz: FuzzOptions = {
  name: 'hsdesc-layers',
  corpus: [...readCorpus(folder, 'inner_layer'), ...readCorpus(folder, 'v1.txt'), ...readCorpus(folder, 'inner.txt')],
  target: (bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    if (text.startsWith('desc-auth-type')) parseMiddle(text.replace(/\0+$/, ''));
    else parseInner(text);
  },
};

if (import.meta.main) fuzzMain(process.argv.includes('--layers') ? hsdescLayersFuzz : hsdescFuzz);
