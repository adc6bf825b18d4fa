// Fuzz target: the layers of onion service descriptors in the clear, each alone. Damage in the encrypted ones can only be
// the work of a service itself, or of someone with its keys; and the outer one is read before its signature is checked.
import { fileURLToPath } from 'node:url';
import { renderInner } from '../src/hsdesc/build/inner.ts';
import { renderMiddle } from '../src/hsdesc/build/middle.ts';
import { parseInner } from '../src/hsdesc/inner.ts';
import { parseMiddle } from '../src/hsdesc/middle.ts';
import { parseOuter } from '../src/hsdesc/outer.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

export const hsdescLayersFuzz: FuzzOptions = {
  name: 'hsdesc-layers',
  corpus: readCorpus(fileURLToPath(new URL('../testdata/hsdesc', import.meta.url))),
  target: (bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    // What is read must be written so that it is read again.
    if (text.startsWith('hs-descriptor')) parseOuter(text);
    else if (text.startsWith('desc-auth-type')) parseMiddle(renderMiddle(parseMiddle(text.replace(/\0+$/, ''))));
    else parseInner(renderInner(parseInner(text)));
  },
};

if (import.meta.main) fuzzMain(hsdescLayersFuzz);
