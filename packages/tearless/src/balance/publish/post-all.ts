// The descriptors of a round to their directories. One that hangs must not hold up the round of the other period, nor the next
// try of those that failed at once: when most have ended, the rest have a while left, and are left to the back-off.
import { type Post, type PostOptions, postPatiently } from './post.ts';

/** So many of those asked may be late. */
const lateShare = 1 / 4;
/** Longer than an upload takes that comes to an end at all, as a rule. */
const lateMs = 15_000;

/** @throws TorError when the control connection is gone; the signal's reason when aborted */
export const postAll = async (options: PostOptions, texts: ReadonlyMap<string, string>): Promise<Post[]> => {
  const late = new AbortController();
  const over = new AbortController();
  let left = texts.size;
  let isCounting = false;
  const count = (): void => {
    if (isCounting || left > Math.ceil(texts.size * lateShare)) return;
    isCounting = true;
    options.clock.sleep(lateMs, over.signal).then(
      () => late.abort(),
      () => {}, // all have ended
    );
  };
  count();
  const post = async (directory: string, text: string): Promise<Post> => {
    const result = await postPatiently(options, { directory, text, late: late.signal });
    left -= 1;
    count();
    return result;
  };
  try {
    return await Promise.all([...texts].map(([directory, text]) => post(directory, text)));
  } finally {
    over.abort();
  }
};
