// What was given up because no moment was short enough is tried again: everything is as before, and the process is another moment on.
import { LiveError } from '../live-error.ts';

export interface Tried<T> {
  readonly result: T;
  /** How often it was given up before. */
  readonly givenUp: number;
}

/** @throws what the last attempt threw; at once for anything else than having given up */
export const tryAgain = async <T>(attempts: number, work: () => Promise<T>): Promise<Tried<T>> => {
  for (let givenUp = 0; ; givenUp++) {
    try {
      return { result: await work(), givenUp };
    } catch (error) {
      const isOver = !(error instanceof LiveError) || error.code !== 'live-inject-given-up' || givenUp + 1 >= attempts;
      if (isOver) throw error;
    }
  }
};
