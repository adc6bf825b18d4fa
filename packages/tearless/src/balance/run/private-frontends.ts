// Private addresses of workers as frontends of their own: one worker each, open to whoever knows the address, which is the
// balancer alone. Probes go there.
import type { FrontendConfig } from '../model/frontend-config.ts';

export const listPrivateFrontends = ({ workers }: FrontendConfig): FrontendConfig[] =>
  workers.flatMap(({ privateKeys, ...worker }) =>
    privateKeys === undefined
      ? []
      : [{ keys: privateKeys, workers: [worker], policy: 'single', clients: [], caa: [], isCaaCritical: false }],
  );
