// A signal that fires with another one, or when its time is over, and leaves nothing behind: AbortSignal.any and
// AbortSignal.timeout stay with a signal that lives as long as the connection, thousands of them.

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export const openDeadline = (outer: AbortSignal, ms: number): Deadline => {
  const controller = new AbortController();
  const stop = (): void => controller.abort(outer.reason);
  if (outer.aborted) stop();
  else outer.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(
    () => controller.abort(new DOMException(`no answer within ${ms / 1000} s`, 'TimeoutError')),
    ms,
  );
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
    },
  };
};
