// How many items change together: `--serial 1,10%,50%`. Which ones is daemon/schedule.ts's business.
import { TearlessError } from '../base/error.ts';
import type { Plan } from './plan.ts';

/** One part of `--serial`: a count, or a share of all items. */
export type BatchSize =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

const refuse = (text: string, part: string): TearlessError =>
  new TearlessError({
    kind: 'usage',
    code: 'change-serial-invalid',
    message: `--serial ${text}: ${part === '' ? 'an empty part' : `${part} is neither a count nor a percentage up to 100%`}`,
    hint: 'give counts or percentages, such as 1,10%,50%',
  });

/** `1,10%,50%` → sizes. @throws TearlessError `change-serial-invalid` */
export const parseSerial = (text: string): BatchSize[] =>
  text.split(',').map((raw) => {
    const part = raw.trim();
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(part);
    const value = Number(match?.[1]);
    if (match === null || !(value > 0)) throw refuse(text, part);
    if (match[2] === '%') {
      if (value > 100) throw refuse(text, part);
      return { kind: 'percent', percent: value };
    }
    if (!Number.isSafeInteger(value)) throw refuse(text, part);
    return { kind: 'count', count: value };
  });

/** How many items the size means; a percentage is of all items, rounded down, at least one. */
export const toCount = (size: BatchSize, total: number): number =>
  size.kind === 'count' ? size.count : Math.max(1, Math.floor((total * size.percent) / 100));

/** `1 item in 1 batch`. */
export const renderSize = ({ items, batches }: Pick<Plan, 'items' | 'batches'>): string =>
  `${items.length} ${items.length === 1 ? 'item' : 'items'} in ${batches.length} ${batches.length === 1 ? 'batch' : 'batches'}`;
