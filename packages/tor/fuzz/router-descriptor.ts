// Fuzz target: server descriptors and the check of their signatures.
import { fileURLToPath } from 'node:url';
import { parseRouterDescriptors } from '../src/netdoc/router-descriptor.ts';
import { findDescriptorFault } from '../src/netdoc/router-descriptor-signature.ts';
import { type FuzzOptions, fuzzMain, readCorpus } from './harness.ts';

const folder = (name: string) => fileURLToPath(new URL(`../testdata/netdoc/${name}`, import.meta.url));

export const routerDescriptorFuzz: FuzzOptions = {
  name: 'router-descriptor',
  corpus: [...readCorpus(folder('router-descriptor')), ...readCorpus(folder('router-descriptor/unparseable'))],
  target: (bytes) => {
    for (const descriptor of parseRouterDescriptors(new TextDecoder().decode(bytes)))
      findDescriptorFault(descriptor, 0);
  },
};

if (import.meta.main) fuzzMain(routerDescriptorFuzz);
