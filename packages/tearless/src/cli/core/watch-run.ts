// Shows a run while it goes on: live where the terminal can redraw, plain lines otherwise, JSON lines when asked to.
import { createLogUpdate } from 'log-update';
import type { JsonObject } from '../../base/json.ts';
import type { RunEvent } from '../../change/event.ts';
import type { CommandContext } from './context.ts';
import { type NamedRun, renderEventLine } from './render/run-lines.ts';
import { renderRunView } from './render/run-live.ts';
import { foldEvent, type RunView, startView } from './render/run-view.ts';

const redrawEveryMs = 100;

export interface RunWatcher {
  onEvent(event: RunEvent): void;
  /** Stops redrawing and leaves the last picture standing. */
  close(): RunView;
}

/** Watches one run; close it also when the run throws. */
export const watchRun = ({ output, surroundings }: CommandContext, watched: NamedRun): RunWatcher => {
  const { run, plan } = watched;
  const { clock, stderr } = surroundings;
  let view = startView(plan, clock.now());
  if (!output.live) {
    return {
      onEvent(event) {
        view = foldEvent(view, event, clock.now());
        const at = new Date(clock.now()).toISOString();
        output.event({ schema: 'tearless.run-event/v1', run, at, ...event } as unknown as JsonObject);
        const line = output.json ? undefined : renderEventLine(event, watched, output.errorStyle);
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
    },
    close() {
      clearInterval(timer);
      redraw();
      screen.done();
      return view;
    },
  };
};
