// The tables behind the charts, for those who do not see them and for those who want the numbers.
import { type Html, html } from '../../html.ts';
import { armTitle, arrangeArms } from '../arms.ts';
import { figureUnit, growthFigure, memoryFigure } from '../chart/dot-strip.ts';
import type { TimeFrame } from '../chart/time-frame.ts';
import type { ArmTimeline, ExperimentPicture } from '../experiment-report.ts';
import { formatIn, isInstant, isKnown, unknownFigure } from '../figures.ts';

/** Every relay with its figures and, where it was left out, why. */
export const renderRelayTable = (picture: ExperimentPicture): Html => {
  const arms = arrangeArms(picture.report);
  const memory = figureUnit(picture, memoryFigure);
  const growth = figureUnit(picture, growthFigure);
  const rows = arms.flatMap((arm) =>
    picture.dots
      .filter((dot) => dot.arm === arm.id)
      .sort((a, b) => a.meanBytes - b.meanBytes)
      .map((dot) => {
        const cause = arm.exclusions.find(({ relay, code }) => relay === dot.relay && code === dot.excluded)?.cause;
        const reason = dot.excluded === undefined ? '' : `${dot.excluded}${cause === undefined ? '' : `: ${cause}`}`;
        return html`<tr><td>${dot.relay}</td><td>${armTitle(arm)}</td><td class="number">${formatIn(memory, dot.meanBytes)}</td><td class="number">${formatIn(growth, dot.slopeBytesPerDay, true)}</td><td>${reason}</td></tr>`;
      }),
  );
  return html`<details><summary>Figures of every relay</summary><div class="wide"><table class="figures"><thead><tr><th>relay</th><th>arm</th><th class="number">memory</th><th class="number">growth a day</th><th>left out of the clean figures</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
};

const dayMs = 86_400_000;
const dayOf = (ms: number): number => Math.floor(ms / dayMs);

/** Mean of an arm's bins by day. */
const meansByDay = (timeline: ArmTimeline | undefined): ReadonlyMap<number, number> => {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [index, ms] of (timeline?.atMs ?? []).entries()) {
    const mean = timeline?.meanBytes[index];
    if (!isInstant(ms) || !isKnown(mean)) continue;
    const { sum, count } = sums.get(dayOf(ms)) ?? { sum: 0, count: 0 };
    sums.set(dayOf(ms), { sum: sum + mean, count: count + 1 });
  }
  return new Map([...sums].map(([day, { sum, count }]) => [day, sum / count]));
};

/** A row a day that something was measured on, a column an arm. */
export const renderDayTable = (picture: ExperimentPicture, frame: TimeFrame): Html => {
  const arms = arrangeArms(picture.report);
  const means = arms.map((arm) => meansByDay(picture.timelines.find((timeline) => timeline.arm === arm.id)));
  const days = [...new Set(means.flatMap((byDay) => [...byDay.keys()]))].sort((a, b) => a - b);
  const figure = (bytes: number | undefined): string =>
    bytes === undefined ? unknownFigure : formatIn(frame.unit, bytes);
  return html`<details><summary>Mean of every arm by day</summary><div class="wide"><table class="figures"><thead><tr><th>day</th>${arms.map((arm) => html`<th class="number">${armTitle(arm)}</th>`)}</tr></thead><tbody>${days.map(
    (day) =>
      html`<tr><td>${new Date(day * dayMs).toISOString().slice(0, 10)}</td>${means.map((byDay) => html`<td class="number">${figure(byDay.get(day))}</td>`)}</tr>`,
  )}</tbody></table></div></details>`;
};
