// Waits at an item's gates, all at once: each is read again and again until it passes, fails or its deadline ends.
import { ChangeError, describeFailure, isUnreachable } from './change-error.ts';
import type { Direction } from './event.ts';
import type { BoundGate } from './registry.ts';
import { contextOf, nextPause, type Session } from './session.ts';
import type { GateReading } from './step.ts';

const readGate = async (session: Session, host: string, gate: BoundGate, signal: AbortSignal): Promise<GateReading> => {
  try {
    return await gate.read({ ...contextOf(session, host), signal });
  } catch (error) {
    // A host out of reach may come back before the deadline; anything else is the gate's answer.
    if (!isUnreachable(error) || signal.aborted) throw error;
    return { state: 'waiting', message: error instanceof Error ? error.message : String(error), evidence: {} };
  }
};

const gateFailed = (gate: BoundGate, subject: string, code: string, message: string): ChangeError =>
  new ChangeError({
    kind: 'refused',
    code,
    place: 'host',
    message: `${gate.spec.summary}: ${message}`,
    hint: 'read what the gate saw with `tearless run show`',
    subject,
  });

const passGate = async (
  session: Session,
  at: { readonly id: string; readonly host: string },
  gate: BoundGate,
  direction: Direction,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, journal } = session;
  const event = { item: at.id, gate: gate.spec.id, direction };
  const endMs = clock.now() + gate.spec.deadlineMs;
  let pauseMs: number | undefined;
  for (;;) {
    const { state, message, evidence } = await readGate(session, at.host, gate, signal);
    if (state === 'passed') {
      await journal.record({ kind: 'gate.passed', ...event, message, evidence });
      return;
    }
    const remainingMs = endMs - clock.now();
    if (state === 'failed' || remainingMs <= 0) {
      const error =
        state === 'failed'
          ? gateFailed(gate, at.id, 'change-gate-failed', message)
          : gateFailed(gate, at.id, 'change-gate-deadline', `not within ${gate.spec.deadlineMs / 1000} s: ${message}`);
      await journal.record({ kind: 'gate.failed', ...event, failure: describeFailure(error), evidence });
      throw error;
    }
    journal.tell({ kind: 'gate.waiting', ...event, message, evidence, remainingMs });
    pauseMs = Math.min(nextPause(session.limits.gateBackoff, pauseMs), remainingMs);
    await clock.sleep(pauseMs, signal);
  }
};

/**
 * Resolves when all gates have passed. The first that fails ends the waiting at the others.
 * @param signal ends the waiting: then it rejects with the signal's reason
 * @throws ChangeError `change-gate-failed`, `change-gate-deadline`
 */
export const passGates = async (
  session: Session,
  at: { readonly id: string; readonly host: string },
  gates: readonly BoundGate[],
  direction: Direction,
  signal: AbortSignal,
): Promise<void> => {
  const others = new AbortController();
  const both = AbortSignal.any([signal, others.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    gates.map(async (gate) => {
      try {
        await passGate(session, at, gate, direction, both);
      } catch (error) {
        failures.push(error);
        others.abort(error);
      }
    }),
  );
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
};
