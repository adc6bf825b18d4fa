// Fuzz target: microdescriptors, alone, in lists and in tor's cache files.
import { fileURLToPath } from 'node:url';
import { parseMicrodescriptors } from '../src/netdoc/microdescriptor.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = (name: string) => fileURLToPath(new URL(`../testdata/netdoc/${name}`, import.meta.url));

export const microdescFuzz: FuzzOptions = {
  name: 'microdesc',
  corpus: [...readCorpus(folder('microdescriptor')), ...readCorpus(folder('microdescriptor/unparseable'))],
  target: (bytes) => {
    parseMicrodescriptors(new TextDecoder().decode(bytes));
  },
};

if (import.meta.main) fuzzMain(microdescFuzz);
