// The stage as lines of a terminal. Pure.

import { renderSeconds } from '../render/plan-lines.ts';
import { clip, renderRunView } from '../render/run-live.ts';
import type { Style } from '../style.ts';
import type { Act, StageView, TrafficView } from './stage.ts';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const since = (act: Act, nowMs: number): string =>
  renderSeconds(((act.endedMs === 0 ? nowMs : act.endedMs) - act.startedMs) / 1000);

const renderAct = (act: Act, nowMs: number, frame: number, columns: number, style: Style): string => {
  const note = act.note === '' ? '' : `  ${style.dim(clip(act.note, Math.max(12, columns - act.title.length - 20)))}`;
  if (act.state === 'coming') return style.dim(`  · ${act.title}`);
  if (act.state === 'done') return `  ${style.good('✔')} ${act.title}  ${style.dim(since(act, nowMs))}${note}`;
  if (act.state === 'failed') return `  ${style.bad('✖')} ${act.title}  ${style.dim(since(act, nowMs))}${note}`;
  return `  ${style.accent(spinner[frame % spinner.length] ?? '')} ${style.strong(act.title)}  ${style.dim(since(act, nowMs))}${note}`;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const renderTraffic = (traffic: TrafficView, name: string, style: Style): string[] => {
  const paint = { ok: style.good, retried: style.warn, failed: style.bad };
  const pulse = traffic.pulse.map((outcome) => paint[outcome](outcome === 'failed' ? '✖' : '▪')).join('');
  const failed = traffic.failed === 0 ? style.good('0 failed') : style.bad(`${traffic.failed} failed`);
  const retried = traffic.retried === 0 ? '' : `, ${style.warn(`${traffic.retried} took another circuit`)}`;
  return [
    `  ${pulse}`,
    `  ${style.strong(String(traffic.sent))} ${name}, ${failed}${retried}${style.dim(`, half of them within ${Math.round(median(traffic.latenciesMs))} ms`)}`,
    ...(traffic.streamsEnded === 0
      ? []
      : [
          style.dim(
            `  ${traffic.streamsEnded} long downloads ended, ${traffic.streamsCut} of them cut by a planned restart`,
          ),
        ]),
  ];
};

/** @param frame counts redraws: turns the spinners */
export const renderStage = (view: StageView, nowMs: number, frame: number, columns: number, style: Style): string[] => [
  '',
  `  ${style.strong(view.title)}  ${style.dim(renderSeconds((nowMs - view.startedMs) / 1000))}`,
  '',
  ...view.acts.flatMap((act) => [
    renderAct(act, nowMs, frame, columns, style),
    ...(act.state === 'going-on' && view.run !== undefined
      ? renderRunView(view.run, nowMs, frame, columns - 4, style).map((line) => `    ${line}`)
      : []),
  ]),
  ...(view.traffic === undefined ? [] : ['', ...renderTraffic(view.traffic, view.trafficName, style)]),
  '',
];
