// Spans of rows that carry one server name, put together by name.
import type { ServerSpan } from '../model/measurements.ts';

/** One span a name, by their beginnings. */
export const mergeServers = (spans: readonly ServerSpan[]): ServerSpan[] => {
  const merged = new Map<string, ServerSpan>();
  for (const span of spans) {
    const before = merged.get(span.server);
    merged.set(
      span.server,
      before === undefined
        ? span
        : {
            server: span.server,
            fromMs: Math.min(before.fromMs, span.fromMs),
            toMs: Math.max(before.toMs, span.toMs),
            rows: before.rows + span.rows,
          },
    );
  }
  return [...merged.values()].sort((a, b) => a.fromMs - b.fromMs || (a.server < b.server ? -1 : 1));
};
