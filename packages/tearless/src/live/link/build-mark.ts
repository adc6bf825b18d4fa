// Which build an update is of, written beside its code, as a program has it in its note: the process itself then says what it runs.
import type { Generation } from './generation.ts';
import type { Layout } from './layout.ts';

/** Names the place of it in a generation; no symbol is called so. */
const mark = 'tearless build-id';

/** @param buildId hexadecimal digits. @returns what writes it once the layout is settled, and tells where it lies */
export const placeBuildMark = (layout: Layout, buildId: string | undefined): (() => Generation['addresses']) => {
  const bytes = Buffer.from(buildId ?? '', 'hex');
  if (bytes.length === 0) return () => new Map();
  layout.placeOwn(mark, bytes.length, 'constants');
  return () => {
    const own = layout.own(mark);
    own.bytes.set(bytes);
    return new Map([[mark, own.address]]);
  };
};

/** Where the latest update has it; undefined where the program runs as it was started. */
export const findBuildMark = ({ addresses }: Pick<Generation, 'addresses'>): bigint | undefined => addresses.get(mark);
