// One sample of a host: one round trip, then only pure functions.
import { randomBytes } from 'node:crypto';
import type { Host } from '../../host/host.ts';
import { FactsError } from '../error.ts';
import { splitSections } from '../section.ts';
import type { HostSample } from './observed.ts';
import { parseHostSample } from './parse-sample.ts';

export interface ReadSampleOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * Every running relay of the host at one instant.
 * @throws HostError when the host cannot be asked, FactsError when its answer cannot be understood
 */
export const readSample = async (host: Host, options: ReadSampleOptions = {}): Promise<HostSample> => {
  const nonce = randomBytes(16).toString('hex');
  const { stdout, stderr } = await host.call('sample', { args: [nonce], ...options });
  try {
    return parseHostSample(host.name, splitSections(stdout, nonce));
  } catch (error) {
    if (!(error instanceof FactsError)) throw error;
    throw error.at(host.name, stderr.trim().split('\n').slice(-5).join('\n'));
  }
};
