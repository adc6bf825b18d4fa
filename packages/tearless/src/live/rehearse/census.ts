// How much a relay has at hand, in round numbers: what its twin is given in a rehearsal. Counts alone; nothing of what they are
// counts of ever leaves the relay, and round numbers tell no single visitor.
import { z } from 'zod';
import { describeIssues } from '../describe-issues.ts';
import { LiveError } from '../live-error.ts';

const Count = z.int().nonnegative().max(10_000_000);

export const LiveCensus = z.object({
  schema: z.literal('tearless.live-census/v1'),
  /** Circuits that go through it; null where the relay does not tell. */
  circuits: Count.nullable(),
  /** Connections to other relays and to clients. */
  connections: Count,
  /** Streams that leave the network there; null where the relay does not tell. */
  streams: Count.nullable(),
});
export type LiveCensus = z.infer<typeof LiveCensus>;

/** @param path for errors. @throws LiveError `live-census-bad` */
export const parseCensus = (text: string, path: string): LiveCensus => {
  const refuse = (why: string): LiveError =>
    new LiveError({
      kind: 'config',
      code: 'live-census-bad',
      message: `${path}: ${why}`,
      subject: path,
      hint: 'expected: {"schema":"tearless.live-census/v1","circuits":1200,"connections":800,"streams":null}',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const checked = LiveCensus.safeParse(value);
  if (!checked.success) throw refuse(describeIssues(checked.error));
  return checked.data;
};

/** Up to the next number of one digit and zeros; exact below ten. */
const round = (count: number): number => {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))));
  return Math.ceil(count / step) * step;
};

/**
 * @param connections as `GETINFO orconn-status` lists them, a line each
 * @param metrics what its MetricsPort says; undefined for a relay without one
 */
export const countLive = (connections: string, metrics: string | undefined): LiveCensus => {
  const lines = connections.split('\n').filter((line) => line.trim() !== '').length;
  const gauge = (name: string, labels: string): number | null => {
    const values = (metrics ?? '').split('\n').flatMap((line) => {
      const [, own, value] = new RegExp(`^${name}\\{([^}]*)\\} (\\d+)$`).exec(line) ?? [];
      return own?.includes(labels) === true ? [Number(value)] : [];
    });
    return values.length === 0 ? null : round(values.reduce((all, value) => all + value, 0));
  };
  return {
    schema: 'tearless.live-census/v1',
    circuits: gauge('tor_relay_circuits_total', 'state="opened"'),
    connections: round(lines),
    streams: gauge('tor_relay_connections', 'type="Exit"'),
  };
};
