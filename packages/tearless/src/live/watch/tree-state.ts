// Whether a release tree that appeared is whole: told by what stands in it, and by that nothing came for a while. Pure.

/** Of all files of a tree; equal for equal looks. */
export interface TreeLook {
  readonly files: number;
  readonly bytes: number;
  /** Of the file that was changed last, in milliseconds since 1970. */
  readonly newestMs: number;
  /** What a tree cannot be built without is there. */
  readonly isComplete: boolean;
}

/**
 * - `growing`: more came since the look before, or there was none
 * - `waiting`: nothing came, but the best is missing
 * - `settled`: nothing came, and nothing is missing
 */
export type TreeState = 'growing' | 'waiting' | 'settled';

export const judgeLook = (before: TreeLook | undefined, now: TreeLook): TreeState => {
  const isSame = before?.files === now.files && before.bytes === now.bytes && before.newestMs === now.newestMs;
  if (!isSame) return 'growing';
  return now.isComplete ? 'settled' : 'waiting';
};
