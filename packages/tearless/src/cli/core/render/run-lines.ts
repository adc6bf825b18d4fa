// A run's events as plain lines, for pipes, logs and `run follow`.
import { renderSize } from '../../../change/batches.ts';
import type { RunEvent } from '../../../change/event.ts';
import type { Plan } from '../../../change/plan.ts';
import { isBegun, type RunState } from '../../../change/state.ts';
import type { Style } from '../style.ts';
import { renderStepCost } from './step-cost.ts';

const summaryOf = (plan: Plan, item: string, part: 'steps' | 'gates' | 'undoGates', id: string): string =>
  plan.items.find((candidate) => candidate.id === item)?.[part].find((spec) => spec.id === id)?.summary ?? id;

/** A run's name, which other commands take, and its plan. */
export interface NamedRun {
  readonly run: string;
  readonly plan: Plan;
}

/** @returns the line for people, or undefined for events that only a live display shows */
export const renderEventLine = (event: RunEvent, { run, plan }: NamedRun, style: Style): string | undefined => {
  switch (event.kind) {
    case 'run.started':
      return `run ${style.strong(run)} of fleet ${event.fleet}: ${renderSize(plan)}`;
    case 'run.resumed':
      return `run ${style.strong(run)} goes on (${event.direction}) by ${event.by.user}@${event.by.machine}`;
    case 'batch.started':
      return style.dim(`batch ${event.batch + 1} of ${plan.batches.length}: ${event.items.join(', ')}`);
    case 'step.skipped':
      return `${event.item}: ${style.dim(`already so: ${summaryOf(plan, event.item, 'steps', event.step)}`)}`;
    case 'step.verified': {
      const cost = renderStepCost(event.evidence);
      return `${event.item}: ${summaryOf(plan, event.item, 'steps', event.step)}${cost === undefined ? '' : `: ${cost}`}`;
    }
    case 'step.failed':
      return `${event.item}: ${style.bad('failed')}: ${summaryOf(plan, event.item, 'steps', event.step)}: ${event.failure.message}`;
    case 'gate.passed':
      return `${event.item}: ${style.good('passed')}: ${event.message}`;
    case 'gate.failed':
      return `${event.item}: ${style.bad('gate failed')}: ${event.failure.message}`;
    case 'item.done':
      return `${event.item}: ${style.good(event.changed ? 'done' : 'nothing to do')}`;
    case 'item.failed':
      return `${event.item}: ${style.bad('failed')}: ${event.failure.message}${event.unknown ? ' (what its last step did is not known yet)' : ''}`;
    case 'run.stopped':
      return `${style.bad('stopped')} in batch ${event.batch + 1}: ${event.failure.message}`;
    case 'undo.started':
      return style.warn(event.batch !== undefined ? 'the batch goes back' : 'the run goes back');
    case 'undo.step-done':
      return `${event.item}: ${style.dim(`undone: ${summaryOf(plan, event.item, 'steps', event.step)}`)}`;
    case 'item.undone':
      return `${event.item}: ${style.good('as before')}`;
    case 'item.undo-failed':
      return `${event.item}: ${style.bad('could not go back')}: ${event.failure.message}`;
    case 'host.unreachable':
      return `${event.item}: ${style.warn(`${event.host} does not answer`)}: ${event.message}`;
    case 'run.finished':
      return `run ${style.strong(run)}: ${event.outcome}`;
    default:
      return undefined;
  }
};

const nameOf = (item: string, step: string): string => `${item} ${step}`;

const listBegun = ({ items }: RunState): string[] =>
  Object.values(items).flatMap(({ id, steps }) =>
    Object.entries(steps).flatMap(([step, state]) => (isBegun(state) ? [nameOf(id, step)] : [])),
  );

/**
 * The lines of a run, event by event. An item that goes back has all of its activations looked at, also those that it never came
 * to: of these there is nothing to tell.
 * @param before the run as it stood before the first of these events; undefined where they are all that it has
 */
export const createEventLines = (named: NamedRun, style: Style, before?: RunState) => {
  const begun = new Set(before === undefined ? [] : listBegun(before));
  return (event: RunEvent): string | undefined => {
    if (event.kind === 'step.intended') begun.add(nameOf(event.item, event.step));
    if (event.kind === 'undo.step-done' && !begun.has(nameOf(event.item, event.step))) return undefined;
    return renderEventLine(event, named, style);
  };
};
