// Variables that begin with other values in the next build. Where memory still holds the former beginning, nobody has written to it, and it
// becomes the new one; where it does not, the update is refused at the stop, unless a rule says what becomes of it. Memory that may be
// written is never read out. Pure.
import type { Piece } from '../image/piece.ts';
import { LiveError } from '../live-error.ts';
import type { Declared } from '../rules/resolve-rules.ts';
import type { LinkOptions } from './link-options.ts';

export interface Rewrite {
  readonly key: string;
  readonly address: bigint;
  /** What has to stand there. */
  readonly bytes: Uint8Array;
  /** What is written there; undefined where it lies elsewhere from now on. */
  readonly piece: Piece | undefined;
}

/** @param declared which variables go on as they are, and which begin anew elsewhere. @throws LiveError `live-link-beginning-unknown` */
export const planRewrites = (
  { keep, anew }: Pick<Declared, 'keep' | 'anew'>,
  { sides, differences, former }: Pick<LinkOptions, 'sides' | 'differences' | 'former'>,
): Rewrite[] =>
  [...differences.variables.changed].flatMap(([key, changes]) => {
    const isReplaced = changes.some(({ kind }) => kind === 'table-resized');
    const isRewritten = changes.some(({ kind }) => kind === 'initialiser');
    if ((!isReplaced && !isRewritten) || keep.has(key) || anew.has(key)) return [];
    const [address, bytes] = [former.addresses.get(key), former.initial.get(key)];
    const piece = isReplaced ? undefined : sides.next.image.writable.get(key);
    if (address === undefined || bytes === undefined || (piece !== undefined && piece.sizeBytes !== bytes.length))
      throw unknown(key);
    return bytes.length === 0 ? [] : [{ key, address, bytes, piece }];
  });

const unknown = (subject: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-link-beginning-unknown',
    message: `${subject} begins with another value in the next build, and it is not known what it began with in this process`,
    subject,
    hint: 'a rule can say that it is kept as it is (keep), or that its successor takes its place (anew)',
  });
