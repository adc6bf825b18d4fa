// The running kernel's release and the machine's architecture, from uname.
import { FactsError } from '../error.ts';
import type { Fact } from './fact.ts';

export const kernel: Fact = { name: 'kernel', script: 'uname -r -m' };

export interface Kernel {
  readonly release: string;
  readonly architecture: string;
}

/** `6.1.0-37-amd64 x86_64` */
export const parseKernel = (text: string): Kernel => {
  const match = /^(\S+) (\S+)\n$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new FactsError({
      fact: 'kernel',
      line: 1,
      problem: `expected RELEASE MACHINE, found ${JSON.stringify(text)}`,
    });
  return { release: match[1], architecture: match[2] };
};
