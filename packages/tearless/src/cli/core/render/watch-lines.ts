// A look at a running experiment as people read it: the advice first, then the arms, then how honest it is.
import { method } from '../../../experiments/watch/advice.ts';
import type { Look, WatchedArm } from '../../../experiments/watch/look.ts';
import { figureFormat } from '../../../report/experiment/figures.ts';
import { formatBytes, formatInstant } from '../../../report/format.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';
import type { Watched } from '../watch-experiment.ts';
import { textWidth, wrap } from './wrap.ts';

const paint = (look: Look, style: Style): ((text: string) => string) =>
  look.advice === 'stop-for-harm' ? style.bad : look.advice === 'may-conclude' ? style.good : style.strong;

const ratio = (value: number | null): string => (value === null ? '-' : value.toFixed(2));

const renderArms = ({ arms, control }: Look): string[] => {
  const own: WatchedArm = {
    id: control.id,
    name: 'control',
    relays: control.relays,
    meanBytes: control.meanBytes,
    ...{ ratio: null, low: null, high: null, toldApart: false, guardrails: [], limitation: null },
  };
  return renderTable(
    [own, ...arms],
    [
      { title: 'ARM', cell: ({ id }) => id },
      { title: 'RELAYS', align: 'right', cell: ({ relays }) => `${relays}` },
      { title: 'MEMORY', align: 'right', cell: ({ meanBytes }) => (meanBytes === null ? '-' : formatBytes(meanBytes)) },
      { title: 'OF CONTROL', align: 'right', cell: (arm) => (arm === own ? '' : ratio(arm.ratio)) },
      {
        title: 'REPEATED 95 % INTERVAL',
        cell: (arm) =>
          arm === own
            ? ''
            : arm.low === null || arm.high === null
              ? (arm.limitation ?? '')
              : `${ratio(arm.low)} to ${ratio(arm.high)}${arm.toldApart ? ', told apart' : ''}`,
      },
      {
        title: 'GUARDRAILS',
        cell: (arm) => {
          const broken = arm.guardrails.filter((rail) => rail.broken).map(({ name }) => name);
          if (arm === own) return '';
          if (arm.guardrails.length === 0) return 'nothing measured';
          return broken.length === 0 ? `${arm.guardrails.length} hold` : `broken: ${broken.join(', ')}`;
        },
      },
    ],
  );
};

const renderOutcomes = ({ outcomes, control }: Look, style: Style): string[] =>
  outcomes.flatMap(({ title, unit, arms }) => {
    const { one, interval } = figureFormat(
      unit,
      arms.map(({ mean }) => mean),
    );
    const told = (own: (typeof arms)[number]): string => {
      if (own.arm === control.id) return style.dim('control');
      if (own.difference === null || own.low === null) return own.limitation ?? '';
      const apart = own.toldApart ? ', told apart' : '';
      return `${one(own.difference, true)}  ${interval({ mean: own.difference, low: own.low, high: own.high }) ?? ''}${apart}`;
    };
    return [
      '',
      ...renderTable(arms, [
        { title: title.toUpperCase(), cell: ({ arm }) => arm },
        { title: 'RELAYS', align: 'right', cell: ({ relays }) => `${relays}` },
        { title: 'A RELAY', align: 'right', cell: ({ mean }) => one(mean) },
        { title: 'DIFFERENCE, REPEATED 95 % INTERVAL', cell: told },
      ]),
    ];
  });

const level = (alpha: number): string =>
  alpha === 0 ? '0' : alpha < 0.0001 ? alpha.toExponential(1) : `${Number(alpha.toPrecision(2))}`;

/** @param columns of the terminal */
export const renderWatch = (name: string, watched: Watched, style: Style, columns: number): string[] => {
  const width = textWidth(columns);
  const say = (text: string): string[] => wrap(text, width, { rest: '  ' });
  const { look, number, isNew, nextMs, newestMs, planMoved, plan } = watched;
  if (look === undefined)
    return [
      newestMs === undefined
        ? `${name}: nothing was measured yet; 'tearless collect ${name}' takes samples`
        : `${name}: too early to look; data from ${formatInstant(nextMs ?? plan.startMs)} on makes the first look`,
    ];
  const [advice = '', ...more] = look.sentences;
  return [
    ...wrap(advice, width).map(paint(look, style)),
    ...more.flatMap((sentence) => wrap(sentence, width, { first: '  ', rest: '    ' })),
    ...(look.advice === 'continue' ? [] : [`  'tearless experiment conclude ${name} --target …' ends it`]),
    '',
    ...renderArms(look),
    ...renderOutcomes(look, style),
    '',
    ...say(
      `look ${number}${isNew ? '' : ' (the last one; there is no new one yet)'}: data to ${formatInstant(look.dataMs)}, ${Math.round(look.fraction * 100)} % of the plan from ${formatInstant(plan.startMs)} to ${formatInstant(plan.endMs)}`,
    ),
    ...say(
      `level of this look: ${level(look.nominalAlpha)} an arm; used up with those before: ${level(look.spentAlpha)} of 0.05; guardrails: ${level(look.guardrailAlpha)} an arm`,
    ),
    ...(nextMs === undefined ? [] : [`data from ${formatInstant(nextMs)} on makes the next look`]),
    ...(planMoved
      ? say('the planned time was changed after a look: the error shared among looks is then no longer as stated').map(
          style.warn,
        )
      : []),
    ...say(`method: ${method}`).map(style.dim),
  ];
};
