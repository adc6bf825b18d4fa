// What a prober asks of tor's control port: to end the circuits of a probe, to forget what went wrong, and a circuit of three
// hops to see whether tor gets out at all.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import type { Clock } from '../../base/clock.ts';
import { bareAddress } from '../learn/fetch-descriptor.ts';
import type { ProbeName } from './create-prober.ts';

/** Of a client that goes to an onion service; directories are read on circuits of other purposes. */
const clientPurposes: ReadonlySet<string> = new Set(['HS_CLIENT_REND', 'HS_CLIENT_INTRO']);

/** A circuit that leads to the service: without our name somebody else's. */
const joined = 'HSCR_JOINED';

/**
 * Ends the circuits of a probe: those that its stream was on, and those that no stream has come to. Guards see little of a
 * balancer that leaves none behind.
 */
export const closeCircuits = async (
  controller: Controller,
  { username, onionAddress }: ProbeName,
  signal: AbortSignal,
): Promise<void> => {
  try {
    for (const circuit of await controller.info('circuit-status', { signal })) {
      const isUnused =
        circuit.socksUsername === undefined &&
        circuit.hsState !== joined &&
        circuit.rendQuery === bareAddress(onionAddress) &&
        clientPurposes.has(circuit.purpose ?? '');
      if (circuit.socksUsername !== username && !isUnused) continue;
      await controller.closeCircuit(circuit.id, { signal }).catch((error: unknown) => {
        // It is gone already, which is what closing it is for.
        if (!(error instanceof TorError) || error.code !== 'control-unrecognized-entity') throw error;
      });
    }
  } catch (error) {
    // A connection that ended ends the session, which its owner knows; circuits of their own end as all unused ones do.
    if (!(error instanceof TorError)) throw error;
  }
};

/** tor does it at most every ten seconds, and says when it has. */
const forgetTimeoutMs = 15_000;

/** Lets tor forget descriptors of onion services and what it holds against introduction points. Streams are left alone. */
export const forgetFailures = async (controller: Controller, signal: AbortSignal): Promise<void> => {
  try {
    const wait = { signal, timeoutMs: forgetTimeoutMs };
    const done = controller.waitFor('SIGNAL', (event) => event.signal === 'NEWNYM', wait);
    await Promise.all([done, controller.signal('NEWNYM', { signal })]);
  } catch (error) {
    // Without it the next probe is of less worth, not wrong.
    if (!(error instanceof TorError)) throw error;
  }
};

const circuitTimeoutMs = 20_000;
const goodForMs = 10_000;

/**
 * Builds a circuit. Of several who ask at once all get the same answer, and for a while after a good one.
 * @returns asks for why tor does not get out; undefined: it does
 */
export const createPathCheck = (
  controller: Controller,
  clock: Clock,
): ((signal: AbortSignal) => Promise<string | undefined>) => {
  let goodUntilMs = 0;
  let asking: Promise<string | undefined> | undefined;
  const ask = async (): Promise<string | undefined> => {
    if (clock.now() < goodUntilMs) return undefined;
    const problem = await buildCircuit(controller);
    if (problem === undefined) goodUntilMs = clock.now() + goodForMs;
    return problem;
  };
  return (signal) => {
    signal.throwIfAborted();
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
};

const buildCircuit = async (controller: Controller): Promise<string | undefined> => {
  const deadline = AbortSignal.timeout(circuitTimeoutMs);
  await using events = controller.events('CIRC', { signal: deadline });
  try {
    const id = await controller.extendCircuit({ purpose: 'general' });
    for await (const circuit of events) {
      if (circuit.id !== id) continue;
      if (circuit.status === 'BUILT') {
        await controller.closeCircuit(id);
        return undefined;
      }
      if (circuit.status === 'FAILED' || circuit.status === 'CLOSED')
        return `the balancer's tor does not get out: a circuit failed (${circuit.reason ?? 'for no reason given'})`;
    }
    return "the balancer's tor is gone";
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    return deadline.aborted
      ? `the balancer's tor does not get out: no circuit within ${circuitTimeoutMs / 1000} s`
      : `the balancer's tor does not get out: ${error.message}`;
  }
};
