// The figures of a report for spreadsheets: one row for each arm and set of relays, plain numbers in base units.
import papaparse from 'papaparse';
import type { ArmEstimate, ExperimentPicture, ReportOutcome } from './experiment-report.ts';
import { publishable } from './public/publishable.ts';

const columns = [
  'experiment',
  'arm',
  'name',
  'set',
  'relays',
  'excluded',
  'window_from',
  'window_to',
  ...['rss_bytes', 'slope_bytes_per_day', 'difference_bytes', 'ratio'].flatMap((figure) => [
    `${figure}_mean`,
    `${figure}_low`,
    `${figure}_high`,
    `${figure}_bootstrap_t_low`,
    `${figure}_bootstrap_t_high`,
  ]),
  'adjusted_p',
  'restarts',
] as const;

/** `hsDirHours` as `hs_dir_hours`, as columns are written. */
const snake = (id: string): string => id.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const outcomeColumns = ({ id }: ReportOutcome): string[] => [
  `${snake(id)}_relays`,
  ...['', '_difference', '_ratio'].flatMap((figure) =>
    ['mean', 'low', 'high'].map((end) => `${snake(id)}${figure}_${end}`),
  ),
  `${snake(id)}_adjusted_p`,
];

/** Outcomes are figures of arms as assigned. */
const outcomeCells = ({ arms }: ReportOutcome, arm: string): (number | null)[] => {
  const own = arms.find((one) => one.arm === arm);
  const ends = (estimate: ArmEstimate | null | undefined): (number | null)[] => cells(estimate).slice(0, 3);
  const versus = own?.versusControl;
  return [
    own?.relays ?? null,
    ...[own?.mean, versus?.difference, versus?.ratio].flatMap(ends),
    versus?.adjustedP ?? null,
  ];
};

const cells = (estimate: ArmEstimate | null | undefined): (number | null)[] => {
  const { mean = null, low = null, high = null, bootstrapT } = estimate ?? {};
  return [mean, low, high, bootstrapT?.low ?? null, bootstrapT?.high ?? null];
};

/** @returns CSV with a header; a cell is empty where there is no figure, and never starts a formula */
export const renderReportCsv = (picture: ExperimentPicture, options: { readonly public: boolean }): string => {
  const { report } = options.public ? publishable(picture) : picture;
  const outcomes = report.outcomes ?? [];
  const rows = report.arms.flatMap((arm) =>
    (['asAssigned', 'clean'] as const).map((set) => {
      const figures = arm[set];
      const { from, to } = arm.window ?? report.window;
      const excluded = set === 'clean' ? new Set(arm.exclusions.map(({ relay }) => relay)).size : 0;
      return [
        ...[report.experiment, arm.id, arm.name, set === 'clean' ? 'clean' : 'as assigned'],
        ...[figures.relays, excluded, from, to],
        ...cells(figures.rssBytes),
        ...cells(figures.slopeBytesPerDay),
        ...cells(figures.versusControl?.difference),
        ...cells(figures.versusControl?.ratio),
        figures.versusControl?.adjustedP ?? null,
        figures.restarts,
        ...outcomes.flatMap((outcome) =>
          set === 'asAssigned' ? outcomeCells(outcome, arm.id) : outcomeColumns(outcome).map(() => null),
        ),
      ];
    }),
  );
  const text = papaparse.unparse(
    { fields: [...columns, ...outcomes.flatMap(outcomeColumns)], data: rows },
    { newline: '\n', escapeFormulae: /^[=+\-@\t\r](?!\d)/ },
  );
  return `${text}\n`;
};
