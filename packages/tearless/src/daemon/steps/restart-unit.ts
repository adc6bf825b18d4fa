// `systemctl restart`, also for a unit that failed so often that systemd does not start it for a while.
import type { StepContext } from '../../change/step.ts';
import { HostError } from '../../host/host-error.ts';

/** systemd's default StartLimitIntervalSec (10 s), and a little: only then does it start the unit again. */
const startLimitMs = 11_000;

/** @throws HostError when the unit does not start, with the last lines of its log */
export const restartUnit = async ({ host, clock, signal }: StepContext, unit: string): Promise<void> => {
  try {
    await host.unit('restart', unit, signal);
  } catch (error) {
    if (!(error instanceof HostError) || error.kind !== 'failed') throw error;
    const [state] = await host.units([unit]);
    if (state?.result !== 'start-limit-hit') throw error;
    await clock.sleep(startLimitMs, signal);
    await host.unit('restart', unit, signal);
  }
};
