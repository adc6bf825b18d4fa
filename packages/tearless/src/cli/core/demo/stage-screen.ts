// Shows the stage: redrawn where the terminal can, as plain lines elsewhere.
import { createLogUpdate } from 'log-update';
import type { CommandContext } from '../context.ts';
import { renderSeconds } from '../render/plan-lines.ts';
import { type Act, foldTraffic, noTraffic, type Stage, type StageView } from './stage.ts';
import { renderStage } from './stage-lines.ts';

const redrawEveryMs = 100;

/** What plain lines say of the traffic, and how often. */
const trafficEvery = 50;

export const openStage = ({ output, surroundings }: CommandContext, title: string): { stage: Stage; close(): void } => {
  const { clock, stderr } = surroundings;
  let view: StageView = {
    title,
    startedMs: clock.now(),
    acts: [],
    run: undefined,
    traffic: undefined,
    trafficName: '',
  };
  let frame = 0;
  const screen = output.live ? createLogUpdate(stderr as NodeJS.WriteStream) : undefined;
  const redraw = () => screen?.(renderStage(view, clock.now(), frame++, output.columns, output.errorStyle).join('\n'));
  const timer = screen === undefined ? undefined : setInterval(redraw, redrawEveryMs);
  const say = (line: string) => {
    if (screen === undefined)
      output.note(`${renderSeconds((clock.now() - view.startedMs) / 1000).padStart(6)}  ${line}`);
  };

  const changeCurrent = (change: (act: Act) => Act, which: (act: Act) => boolean) => {
    const at = view.acts.findIndex(which);
    view = { ...view, acts: view.acts.map((act, index) => (index === at ? change(act) : act)) };
  };
  const goingOn = (act: Act) => act.state === 'going-on';

  const stage: Stage = {
    announce(titles, trafficName) {
      view = {
        ...view,
        trafficName,
        acts: titles.map((text) => ({ title: text, state: 'coming', startedMs: 0, endedMs: 0, note: '' })),
      };
    },
    async act(play, describe) {
      changeCurrent(
        (act) => ({ ...act, state: 'going-on', startedMs: clock.now() }),
        (act) => act.state === 'coming',
      );
      say(`${view.acts.find(goingOn)?.title ?? ''} …`);
      try {
        const result = await play();
        const note = describe(result);
        changeCurrent((act) => ({ ...act, state: 'done', endedMs: clock.now(), note }), goingOn);
        if (note !== '') say(`  ${note}`);
        return result;
      } catch (error) {
        changeCurrent((act) => ({ ...act, state: 'failed', endedMs: clock.now() }), goingOn);
        throw error;
      } finally {
        view = { ...view, run: undefined };
      }
    },
    note(text) {
      changeCurrent((act) => ({ ...act, note: text }), goingOn);
      say(`  ${text}`);
    },
    showRun(run) {
      view = { ...view, run };
    },
    showTraffic(record) {
      const traffic = foldTraffic(view.traffic ?? noTraffic, record);
      if (traffic.sent !== view.traffic?.sent && traffic.sent % trafficEvery === 0)
        say(`  ${traffic.sent} requests, ${traffic.failed} failed`);
      view = { ...view, traffic };
    },
  };
  return {
    stage,
    close() {
      clearInterval(timer);
      redraw();
      screen?.done();
    },
  };
};
