// A designed experiment as the store, the collection and the report know it. Pure.
import { listAssigned } from '../../config/experiments.ts';
import type { ArmConfig, ExperimentConfig } from '../../config/schema.ts';
import type { Arm, ExperimentInfo, ExperimentRelay } from '../model/experiment.ts';
import { isAsDrawn } from './assignment.ts';

/** Every 5 minutes, unless it says otherwise. */
export const defaultEveryMs = 300_000;

const describeArm = ({ allocator, torrc = {}, restartEvery, action }: ArmConfig): Arm['config'] => ({
  ...(allocator === undefined ? {} : { allocator }),
  ...Object.fromEntries(
    Object.entries(torrc).map(([name, value]) => [
      name,
      value === null ? '(removed)' : Array.isArray(value) ? value.join(', ') : (value as string | number | boolean),
    ]),
  ),
  ...(restartEvery === undefined ? {} : { restart_interval: `${restartEvery / 1000}s` }),
  ...(action === undefined ? {} : { action }),
});

/** Assignment counts as random only where the blocks are still as the seed drew them. */
export const toExperimentInfo = (
  name: string,
  experiment: ExperimentConfig,
  { startMs, beganMs }: Pick<ExperimentInfo, 'startMs' | 'beganMs'> = {},
): ExperimentInfo => {
  const { title = name, hypothesis, template, arms, control, seed, every = defaultEveryMs, days } = experiment;
  return {
    id: name,
    title,
    ...(hypothesis === undefined ? {} : { hypothesis }),
    ...(template === undefined ? {} : { template }),
    arms: Object.entries(arms).map(([id, arm]): Arm => ({ id, name: arm.name ?? id, config: describeArm(arm) })),
    control,
    assignment: isAsDrawn(experiment) ? { method: 'random', seed } : { method: 'unknown' },
    ...(beganMs === undefined ? {} : { beganMs }),
    ...(startMs === undefined ? {} : { startMs, endMs: startMs + days * 86_400_000 }),
    sampleEveryMs: every,
    timeZone: 'utc',
  };
};

export interface KnownIdentity {
  readonly nickname?: string;
  readonly fingerprint?: string;
}

/** @param identityOf what the facts tell of a relay */
export const toExperimentRelays = (
  experiment: ExperimentConfig,
  identityOf: (relay: string) => KnownIdentity,
): ExperimentRelay[] =>
  listAssigned(experiment).map(({ relay, arm, block }) => {
    const { nickname = relay.split('/')[1] ?? relay, fingerprint } = identityOf(relay);
    return { id: relay, nickname, ...(fingerprint === undefined ? {} : { fingerprint }), arm, block };
  });
