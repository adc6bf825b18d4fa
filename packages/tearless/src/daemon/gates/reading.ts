// Answers of gates, and the common ways to get one.

import type { Controller } from '@tearless/tor/control/controller.ts';
import type { JsonObject } from '../../base/json.ts';
import type { GateReading, StepContext } from '../../change/step.ts';
import { isNotYet, withControl } from '../control.ts';

export const passed = (message: string, evidence: JsonObject = {}): GateReading => ({
  state: 'passed',
  message,
  evidence,
});
export const waiting = (message: string, evidence: JsonObject = {}): GateReading => ({
  state: 'waiting',
  message,
  evidence,
});
export const failed = (message: string, evidence: JsonObject = {}): GateReading => ({
  state: 'failed',
  message,
  evidence,
});

/** What `read` gives; a tor that is not there yet or has no answer yet is waited for. */
export const orWaiting = async <T>(instance: string, read: () => Promise<T>): Promise<T | GateReading> => {
  try {
    return await read();
  } catch (error) {
    if (!isNotYet(error)) throw error;
    return waiting(`tor@${instance} does not answer yet: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/**
 * Reads over the instance's control port, as `orWaiting`. `read` opens no other one: a host grants few at a time.
 * @throws HostError when the host cannot be reached, and what is no matter of waiting
 */
export const readByControl = <T>(
  context: StepContext,
  instance: string,
  read: (controller: Controller) => Promise<T>,
): Promise<T | GateReading> => orWaiting(instance, () => withControl(context, instance, read));

/** For messages: `42 s`, `3 min`. */
export const renderMs = (ms: number): string =>
  ms < 180_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;

export const renderTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
