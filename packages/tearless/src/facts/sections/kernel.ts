// The running kernel's release and the machine's architecture, from uname.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const kernel: Fact = { name: 'kernel', script: 'uname -r -m' };

export interface Kernel {
  readonly release: string;
  readonly architecture: string;
}

/** `6.1.0-37-amd64 x86_64` */
export const parseKernel = (text: string): Kernel => {
  const lines = linesOf('kernel', text);
  const line = lines[0] ?? { number: 1, text: '' };
  const [, release, architecture] = /^(\S+) (\S+)$/.exec(line.text) ?? [];
  if (release === undefined || architecture === undefined || lines.length !== 1)
    throw unexpected('kernel', lines[1] ?? line, 'one line RELEASE MACHINE');
  return { release, architecture };
};
