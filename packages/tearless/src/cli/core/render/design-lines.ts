// A design as people read it: who is left out and why, who gets what, how alike arms are, what it can find.
import { listAssigned } from '../../../config/experiments.ts';
import type { Balance } from '../../../experiments/design/balance.ts';
import type { Obstacle } from '../../../experiments/design/candidate.ts';
import type { ExperimentDesign } from '../../../experiments/design/design-experiment.ts';
import { safetyBoard } from '../../../experiments/design/network-cost.ts';
import type { PowerTable } from '../../../experiments/design/power.ts';
import { formatBytes } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

export const renderPercent = (fraction: number): string => `${Number((fraction * 100).toPrecision(2))} %`;

export const renderObstacles = (title: string, obstacles: readonly Obstacle[], style: Style): string[] =>
  obstacles.length === 0
    ? []
    : [
        `${style.warn(title)}: ${new Set(obstacles.map(({ relay }) => relay)).size}`,
        ...obstacles.map(({ relay, code, reason }) => `  ${relay} ${style.dim(code)}: ${reason}`),
        '',
      ];

const renderAssignment = ({ experiment }: ExperimentDesign): string[] => {
  const placed = listAssigned(experiment);
  return Object.keys(experiment.arms).map((arm) => {
    const relays = placed.filter((entry) => entry.arm === arm).map(({ relay }) => relay);
    const mark = arm === experiment.control ? ' (control)' : '';
    return `  ${arm}${mark}: ${relays.join(' ')}`;
  });
};

const showFigure = (figure: string, value: number): string =>
  figure === 'memory'
    ? formatBytes(value)
    : figure === 'bandwidth'
      ? `${Number(value.toPrecision(3))}`
      : renderPercent(value);

const renderBalance = (balance: readonly Balance[], arms: readonly string[]): string[] =>
  balance.length === 0
    ? ['  nothing is known of the relays before the start']
    : renderTable(balance, [
        { title: '  before the start', cell: ({ figure }) => `  ${figure}` },
        ...arms.map((arm) => ({
          title: arm,
          align: 'right' as const,
          cell: ({ figure, byArm }: Balance) => (byArm[arm] === undefined ? '-' : showFigure(figure, byArm[arm])),
        })),
        { title: 'p', align: 'right', cell: ({ p }) => p.toFixed(2) },
      ]);

const renderPower = (power: PowerTable): string[] => [
  ...renderTable(power.options, [
    { title: '  days', cell: ({ days }) => `  ${days}${days === power.days ? ' (planned)' : ''}` },
    {
      title: `relays an arm for ${renderPercent(power.effect)}`,
      align: 'right',
      cell: ({ relays }) => (relays === undefined ? 'over 1000' : `${relays}`),
    },
    {
      title: `found with ${power.relaysPerArm} an arm`,
      align: 'right',
      cell: ({ smallest }) => `${renderPercent(smallest)} or more`,
    },
  ]),
  power.spread.days === 0
    ? `  from one reading of ${power.spread.relays} relays: how days differ is not known, so more days promise nothing here`
    : `  from ${power.spread.days} days of ${power.spread.relays} relays: ${renderPercent(power.spread.betweenSd)} between relays, ${renderPercent(power.spread.dailySd)} between days`,
];

export const renderDesign = (design: ExperimentDesign, style: Style): string[] => {
  const { experiment, power, sameArms, costs, warnings } = design;
  const arms = Object.keys(experiment.arms);
  return [
    ...renderObstacles('left out', design.obstacles, style),
    ...renderObstacles('to know', design.notes, style),
    style.strong(`${design.relaysPerArm} relays in each of ${arms.length} arms, seed ${experiment.seed}`),
    ...renderAssignment(design),
    '',
    ...renderBalance(design.balance, arms),
    '',
    ...(power === undefined ? [] : [...renderPower(power), '']),
    ...(sameArms === undefined
      ? []
      : [
          `A/A: in ${renderPercent(sameArms.falseShare)} of ${sameArms.draws} assignments drawn anew, memory before the start seemed to differ (5 % would be right)`,
          '',
        ]),
    ...costs.map(({ arm, message }) => `${style.warn('cost to the network')} of arm ${arm}: ${message}`),
    ...(costs.length === 0 ? [] : [`  ${safetyBoard}`]),
    ...warnings.map((warning) => `${style.warn('warning')} ${warning}`),
  ];
};
