// What a plan costs, in sentences and in time. Pure.
import type { GateSpec } from '../change/plan.ts';
import { defaultLimits, type EngineLimits } from '../change/session.ts';
import type { FlagLoss } from './flags.ts';

/** What one relay pays. */
export interface RelayCost {
  readonly relay: string;
  readonly activation: 'none' | 'reload' | 'restart';
  readonly losses: readonly FlagLoss[];
  /** See `hsDirHoursThrownAway`. */
  readonly hsDirHoursThrownAway: number;
}

const count = (amount: number, singular: string, plural: string): string =>
  `${amount} ${amount === 1 ? singular : plural}`;

const duration = (hours: number): string =>
  hours >= 1 ? `${Math.round(hours)} h` : `${Math.max(1, Math.round(hours * 60))} min`;

/**
 * Sentences for people, the most expensive first within each kind of cause.
 * @example renderCost(three restarts of HSDirs)[0] === '3 relays restart; 3 lose HSDir for 96 h'
 * @returns at least one line, also when nothing is interrupted
 */
export const renderCost = (costs: readonly RelayCost[]): string[] => {
  const restarts = costs.filter(({ activation }) => activation === 'restart');
  const reloads = costs.filter(({ activation }) => activation === 'reload');
  // relays that lose the same flag for the same cause and time share a clause
  const clauses = new Map<string, { restart: boolean; text: (amount: number) => string; relays: Set<string> }>();
  for (const { relay, losses } of costs) {
    for (const { flag, hours, cause, certain } of losses) {
      const time = hours === undefined ? `as long as ${cause} stands` : `for ${duration(hours)}`;
      const key = `${flag}/${time}/${certain}`;
      const clause = clauses.get(key) ?? {
        restart: cause === 'restart',
        text: (amount: number) =>
          `${amount} ${certain ? (amount === 1 ? 'loses' : 'lose') : 'may lose'} ${flag} ${time}`,
        relays: new Set(),
      };
      clause.relays.add(relay);
      clauses.set(key, clause);
    }
  }
  const render = (restart: boolean): string[] =>
    [...clauses.values()]
      .filter((clause) => clause.restart === restart)
      .sort((a, b) => b.relays.size - a.relays.size)
      .map(({ text, relays }) => text(relays.size));
  const lines: string[] = [];
  if (restarts.length > 0) {
    const first = `${count(restarts.length, 'relay restarts', 'relays restart')}`;
    const lost = render(true);
    lines.push([first, ...(lost.length === 0 && clauses.size === 0 ? ['no flag is lost'] : lost)].join('; '));
  }
  const anew = restarts.filter(({ hsDirHoursThrownAway: hours }) => hours >= 1);
  if (anew.length > 0) {
    const hours = Math.max(...anew.map((cost) => cost.hsDirHoursThrownAway));
    lines.push(
      `${count(anew.length, 'starts its', 'start their')} 96 h to HSDir anew (at most ${duration(hours)} thrown away)`,
    );
  }
  if (reloads.length > 0)
    lines.push(`${count(reloads.length, 'relay reloads', 'relays reload')}: uptime and flags stay`);
  lines.push(...render(false));
  return lines.length === 0 ? ['nothing is interrupted'] : lines;
};

/** What one item of a batch is expected to take. */
export interface ItemTime {
  /** Items of one host wait for one another when there are more than the engine works on at once; see `EngineLimits`. */
  readonly host: string;
  readonly restarts: boolean;
  /** Seconds until the old process has ended: ShutdownWaitLength, 30 by default (tor(1)), 0 in a lab. */
  readonly shutdownSeconds: number;
  readonly gates: readonly GateSpec[];
  /** Seconds that a gate usually takes after the start; see `expectedGateSeconds`. */
  readonly expectedSeconds: (gate: GateSpec) => number;
}

/** Writing files, asking systemd, and tor's own start until it notifies systemd. */
const stepsSeconds = 3;

const itemSeconds = ({ restarts, shutdownSeconds, gates, expectedSeconds }: ItemTime): number =>
  stepsSeconds + (restarts ? shutdownSeconds : 0) + Math.max(0, ...gates.map(expectedSeconds));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** As long as its slowest item, or as the work of a host or of all takes in the places that there are. */
const batchSeconds = (batch: readonly ItemTime[], { itemsPerHost, itemsAtOnce }: Limits): number => {
  const times = batch.map(itemSeconds);
  const byHost = new Map<string, number>();
  for (const item of batch) byHost.set(item.host, (byHost.get(item.host) ?? 0) + itemSeconds(item));
  return Math.max(0, ...times, sum(times) / itemsAtOnce, ...[...byHost.values()].map((time) => time / itemsPerHost));
};

type Limits = Pick<EngineLimits, 'itemsPerHost' | 'itemsAtOnce'>;

/**
 * Expected time of a run: batches one after the other, the items of a batch side by side as far as the engine has places,
 * the gates of an item at the same time.
 * @returns whole seconds
 */
export const estimateSeconds = (batches: readonly (readonly ItemTime[])[], limits: Limits = defaultLimits): number =>
  Math.ceil(sum(batches.map((batch) => batchSeconds(batch, limits))));
