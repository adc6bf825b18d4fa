// `multiple-comparison`: many arms against one control, or repeated looks, without correction.
import type { DirectCheck } from '../check.ts';
import { isCorrected } from '../conclusion.ts';
import { count, percent } from '../wording.ts';

const alpha = 0.05;

export const findMultipleComparison: DirectCheck = ({ arms, control, conclusion }) => {
  const compared = (conclusion?.arms ?? arms.map(({ id }) => id)).filter((id) => id !== control?.id);
  const looks = conclusion?.looks ?? 1;
  const comparisons = compared.length * looks;
  if (comparisons < 2 || (conclusion !== undefined && isCorrected(conclusion))) return [];
  const familyWise = 1 - (1 - alpha) ** comparisons;
  const repeated = looks > 1 ? `, looked at ${looks} times` : '';
  const advice =
    conclusion === undefined
      ? 'Whatever is concluded needs a correction; the report makes one (step-down max-t)'
      : 'The conclusion names no correction';
  return [
    {
      code: 'multiple-comparison',
      kind: 'method',
      severity: conclusion === undefined ? 'info' : 'warning',
      relays: [],
      message: `${count(compared.length, 'arm')} ${control === undefined ? 'compared' : `compared with ${control.id}`}${repeated}. ${advice}: without one, an arm that does nothing would seem to do something with a probability of up to ${percent(familyWise)}.`,
      evidence: { arms: compared, looks, comparisons, alpha, familyWiseError: Number(familyWise.toFixed(4)) },
      exclusions: [],
    },
  ];
};
