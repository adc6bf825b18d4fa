// Outcomes of a template for tests, of two arms; the figures are plausible and nothing else.
import type { ExperimentPicture, ReportOutcome } from '../experiment-report.ts';
import { samplePicture } from './sample-picture.ts';

const definition = 'What is counted here, in a sentence that is long enough to be one.';

const outcome = (
  named: Pick<ReportOutcome, 'id' | 'title' | 'unit' | 'better'>,
  [control, arm]: readonly [number, number],
  window: ReportOutcome['window'],
): ReportOutcome => ({
  ...named,
  definition,
  window,
  arms: [
    {
      arm: 'Z',
      relays: 10,
      mean: { mean: control, low: control * 0.9, high: control * 1.1 },
      versusControl: null,
      limitation: null,
    },
    {
      arm: 'G1',
      relays: 4,
      mean: { mean: arm, low: null, high: null, values: [arm * 0.5, arm, arm, arm * 1.5] },
      versusControl: {
        difference: { mean: arm - control, low: null, high: null },
        ratio: arm > 0 ? { mean: arm / control, low: null, high: null } : null,
        adjustedP: null,
      },
      limitation: 'fewer than 5 relays: no interval',
    },
  ],
});

/** @param days how long the outcomes were measured */
export const pictureWithOutcomes = (days = 14): ExperimentPicture => {
  const picture = samplePicture({ arms: 2 });
  const fromMs = Date.parse(picture.report.window.from);
  const window = { from: new Date(fromMs).toISOString(), to: new Date(fromMs + days * 86_400_000).toISOString() };
  const outcomes = [
    outcome({ id: 'hsDirHours', title: 'hours as HSDir a day', unit: 'hours', better: 'higher' }, [9.25, 24], window),
    outcome(
      { id: 'bytesCarried', title: 'bytes carried a day', unit: 'bytes', better: 'higher' },
      [4.1e12, 4.3e12],
      window,
    ),
    outcome(
      { id: 'circuitsCut', title: 'connections cut a day', unit: 'connections', better: 'lower' },
      [1234.5, 0],
      window,
    ),
  ];
  return { ...picture, report: { ...picture.report, outcomes } };
};
