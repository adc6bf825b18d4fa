// The control port of one instance of a host. The host's helper authenticates there, so the cookie never leaves it.
import { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { isDescribedError } from '../base/error.ts';
import type { StepContext } from '../change/step.ts';
import { instancePaths } from './instance.ts';

/** Longest a single question may take: tor answers from memory, a consensus travels some megabytes. */
const questionTimeoutMs = 30_000;

export type ControlContext = Pick<StepContext, 'host' | 'signal'>;

/**
 * Opens the instance's control port, asks, and closes it again.
 * @throws HostError when the socket cannot be opened, TorError for what tor says, whatever `ask` throws
 */
export const withControl = async <T>(
  { host, signal }: ControlContext,
  instance: string,
  ask: (controller: Controller) => Promise<T>,
): Promise<T> => {
  const stream = await host.open({ kind: 'unix', path: instancePaths(instance).controlSocket }, { signal });
  await using controller = await Controller.open(stream, { signal, timeoutMs: questionTimeoutMs });
  return await ask(controller);
};

/** What a person or another part of the program must hear of; anything else may pass while tor starts. */
const lastingKinds: ReadonlySet<string> = new Set(['interrupted', 'bug', 'usage', 'denied', 'config']);

/**
 * True while tor may simply not be there yet: its socket is missing or closed, it is slow to answer, or it does not know
 * an answer yet (no consensus, no descriptor of its own).
 */
export const isNotYet = (error: unknown): boolean => {
  if (error instanceof TorError) return !lastingKinds.has(error.kind);
  // a host that cannot be reached at all is the engine's business
  return isDescribedError(error) && error.kind !== 'unreachable' && !lastingKinds.has(error.kind);
};

const patienceMs = 10_000;
const retryMs = 250;

/**
 * As `withControl`, for a tor that runs: Debian's tor@ opens its control socket only a second after it told systemd that it
 * is ready, so a socket that is missing is waited for a little.
 */
export const withPatientControl = async <T>(
  context: Pick<StepContext, 'host' | 'signal' | 'clock'>,
  instance: string,
  ask: (controller: Controller) => Promise<T>,
): Promise<T> => {
  const endMs = context.clock.now() + patienceMs;
  for (;;) {
    try {
      return await withControl(context, instance, ask);
    } catch (error) {
      if (!isNotYet(error) || context.clock.now() >= endMs) throw error;
      await context.clock.sleep(retryMs, context.signal);
    }
  }
};
