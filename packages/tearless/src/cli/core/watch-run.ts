// Shows a run while it goes on: live where the terminal can redraw, plain lines otherwise, JSON lines when asked to.
import { createLogUpdate } from 'log-update';
import type { JsonObject } from '../../base/json.ts';
import type { RunEvent } from '../../change/event.ts';
import type { RunState } from '../../change/state.ts';
import type { CommandContext } from './context.ts';
import { createEventLines, type NamedRun } from './render/run-lines.ts';
import { renderRunView } from './render/run-live.ts';
import { foldEvent, type RunView, startView } from './render/run-view.ts';
import { renderStepCost } from './render/step-cost.ts';

const redrawEveryMs = 100;

export interface RunWatcher {
  onEvent(event: RunEvent): void;
  /** Stops redrawing and leaves the last picture standing. */
  close(): RunView;
}

/**
 * Watches one run; close it also when the run throws.
 * @param before the run as it stood, where it is gone on with
 */
export const watchRun = (
  { output, surroundings }: CommandContext,
  watched: NamedRun,
  before: RunState | undefined,
): RunWatcher => {
  const { run, plan } = watched;
  const { clock, stderr } = surroundings;
  const lineOf = createEventLines(watched, output.errorStyle, before);
  let view = startView(plan, clock.now());
  if (!output.live) {
    return {
      onEvent(event) {
        view = foldEvent(view, event, clock.now());
        const at = new Date(clock.now()).toISOString();
        output.event({ schema: 'tearless.run-event/v1', run, at, ...event } as unknown as JsonObject);
        const line = output.json ? undefined : lineOf(event);
        if (line !== undefined) output.note(line);
      },
      close: () => view,
    };
  }
  const screen = createLogUpdate(stderr as NodeJS.WriteStream);
  let frame = 0;
  const redraw = () => screen(renderRunView(view, clock.now(), frame++, output.columns, output.errorStyle).join('\n'));
  const timer = setInterval(redraw, redrawEveryMs);
  return {
    onEvent(event) {
      view = foldEvent(view, event, clock.now());
      // What a step cost stays to be read when the picture has gone on to other items.
      if (event.kind === 'step.verified' && renderStepCost(event.evidence) !== undefined)
        screen.persist(lineOf(event) ?? '');
    },
    close() {
      clearInterval(timer);
      redraw();
      screen.done();
      return view;
    },
  };
};
