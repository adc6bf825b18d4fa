// The secret that private addresses of workers follow from: a file of the balancer's state, made when it is first needed.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import {
  makeProbeSecret,
  type ProbeSecret,
  parseProbeSecret,
  renderProbeSecret,
} from '../../../balance/probe/private-address.ts';
import type { StatePaths } from '../state-paths.ts';

export const probeSecretPath = ({ directory }: StatePaths): string => join(directory, 'balance-probe-secret');

/** @throws BalanceError `balance-key` for a file that holds something else */
export const readProbeSecret = (state: StatePaths): ProbeSecret => {
  const path = probeSecretPath(state);
  const fresh = makeProbeSecret((length) => new Uint8Array(randomBytes(length)));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, renderProbeSecret(fresh).reveal(), { flag: 'wx', mode: 0o600 });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return parseProbeSecret(new Sensitive(readFileSync(path, 'utf8')), path);
  }
};

/** What names a worker for good, before its key is made: where it lies. */
export const workerPlaceName = (place: {
  readonly host: string;
  readonly instance: string;
  readonly directory: string;
}): string => `${place.host}/${place.instance}/${place.directory}`;
