// Reading a host: one round trip, then only pure functions.
import { randomBytes } from 'node:crypto';
import type { Host } from '../host/host.ts';
import { FactsError } from './error.ts';
import { parseHostFacts } from './host-facts.ts';
import type { HostFacts } from './observed.ts';
import { splitSections } from './section.ts';

export interface ReadFactsOptions {
  /** Libraries to look at beside those that are found: absolute paths, as a fleet's configuration names them. */
  readonly libraries?: readonly string[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

const attempts = 2;

/** What the commands said, for the error of the section that failed. */
const lastLines = (stderr: string): string => stderr.trim().split('\n').slice(-5).join('\n');

const readOnce = async (host: Host, options: ReadFactsOptions): Promise<HostFacts> => {
  const nonce = randomBytes(16).toString('hex');
  const { signal, timeoutMs } = options;
  const result = await host.call('facts', {
    args: [nonce, ...(options.libraries ?? [])],
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  try {
    return parseHostFacts(host.name, splitSections(result.stdout, nonce));
  } catch (error) {
    if (!(error instanceof FactsError)) throw error;
    throw error.at(host.name, lastLines(result.stderr));
  }
};

/**
 * All facts of a host. Reads a second time when the host changed under the first reading.
 * @throws HostError when the host cannot be asked, FactsError when its answer cannot be understood
 */
export const readFacts = async (host: Host, options: ReadFactsOptions = {}): Promise<HostFacts> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(host, options);
    } catch (error) {
      if (!(error instanceof FactsError && error.retryable) || attempt === attempts) throw error;
    }
  }
};
