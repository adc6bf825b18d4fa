// `server-renamed`: the host's name changes mid-run while its relays go on.
import { at } from '../../../stats/check.ts';
import type { DirectCheck } from '../check.ts';
import { count, formatInstant, iso } from '../wording.ts';

export const findServerRenamed: DirectCheck = ({ measurements: { servers, samples } }) => {
  const spans = [...servers].sort((a, b) => a.fromMs - b.fromMs);
  return spans.slice(1).flatMap((next, index) => {
    const before = spans[index];
    if (before === undefined || before.server === next.server || next.fromMs <= before.toMs) return [];
    // Relays of another host that were measured later are no new name of the first.
    const onBoth = samples.filter(
      ({ atMs }) => atMs.length > 0 && at(atMs, 0) <= before.toMs && at(atMs, atMs.length - 1) >= next.fromMs,
    ).length;
    if (onBoth === 0) return [];
    return [
      {
        code: 'server-renamed' as const,
        kind: 'fact' as const,
        severity: 'warning' as const,
        relays: [],
        message: `The server is called ${before.server} up to ${formatInstant(before.toMs)} and ${next.server} from ${formatInstant(next.fromMs)} on, with ${count(onBoth, 'relay')} on both sides of the change.`,
        evidence: {
          from: before.server,
          to: next.server,
          lastRow: iso(before.toMs),
          firstRow: iso(next.fromMs),
          rows: [before.rows, next.rows],
          relaysOnBothSides: onBoth,
        },
        exclusions: [],
      },
    ];
  });
};
