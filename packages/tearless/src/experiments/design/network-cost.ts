// What an arm costs the network while it runs, beyond the one restart that all arms have. Named, with where to ask. Pure.
import type { ArmConfig } from '../../config/schema.ts';
import { flagsLost, hsDirUptimeHours } from '../../daemon/flags.ts';

export const safetyBoard =
  'the Tor Research Safety Board (https://research.torproject.org/safetyboard/) advises on experiments that cost the network something: ask it before the start';

export interface NetworkCost {
  readonly arm: string;
  /** A sentence: `DirCache 0: its relays lose V2Dir, Guard, HSDir as long as it stands`. */
  readonly message: string;
}

const allFlags: ReadonlySet<string> = new Set(['Running', 'Fast', 'Stable', 'Guard', 'HSDir', 'Exit', 'V2Dir']);

const optionsOf = ({ torrc = {} }: ArmConfig): Map<string, string> =>
  new Map(
    Object.entries(torrc).flatMap(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      if (last === null || last === undefined) return [];
      return [[name, typeof last === 'boolean' ? (last ? '1' : '0') : String(last)] as const];
    }),
  );

const renderInterval = (ms: number): string => (ms >= 3_600_000 ? `${ms / 3_600_000} h` : `${ms / 60_000} min`);

export const findNetworkCosts = (arms: Readonly<Record<string, ArmConfig>>): NetworkCost[] =>
  Object.entries(arms).flatMap(([arm, config]): NetworkCost[] => {
    const state = { flags: allFlags };
    const losses = flagsLost(state, {
      activation: 'reload',
      outageSeconds: 0,
      options: optionsOf(config),
      network: 'public',
    });
    const byCause = new Map<string, string[]>();
    for (const { flag, cause } of losses) byCause.set(cause, [...(byCause.get(cause) ?? []), flag]);
    const messages = [...byCause].map(
      ([cause, flags]) => `${cause}: its relays lose ${flags.join(', ')} as long as it stands`,
    );
    if (config.restartEvery !== undefined) {
      const never = config.restartEvery <= hsDirUptimeHours * 3_600_000;
      messages.push(
        `a restart every ${renderInterval(config.restartEvery)}: each cuts the relay’s circuits, and its relays ${
          never ? 'never are HSDir' : `are no HSDir for ${hsDirUptimeHours} h after each`
        }`,
      );
    }
    return messages.map((message) => ({ arm, message }));
  });
