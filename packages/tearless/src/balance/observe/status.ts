// How the balanced services stand, as JSON: the fields of Onionbalance's status socket under their names (v3, 0.2.x), and
// what only Tearless knows under `tearless`. Pure.
import type { JsonObject } from '../../base/json.ts';
import { currentRounds, type Observation, type ObservedFrontend, type ObservedWorker } from './observation.ts';

/** `2026-01-31 23:59:59`, UTC. */
const renderTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

const timeOrNull = (ms: number | null | undefined): string | null => (ms == null ? null : renderTime(ms));

const describeInstance = (name: string, { address, state, points, heardMs, changedMs }: ObservedWorker): JsonObject => {
  const tearless = { worker: name, state };
  // As Onionbalance has it: other fields as long as nothing was received.
  if (heardMs === null) return { onionAddress: address, received: null, tearless };
  return {
    onionAddress: address,
    introSetModified: renderTime(changedMs ?? heardMs),
    introPointsNum: points,
    descriptorReceived: renderTime(heardMs),
    tearless,
  };
};

const describeService = (address: string, frontend: ObservedFrontend): JsonObject => {
  const rounds = currentRounds(frontend);
  const [first, second] = rounds;
  return {
    onionAddress: address,
    publishAttemptFirstDescriptor: timeOrNull(first?.publishedMs),
    publishAttemptSecondDescriptor: timeOrNull(second?.publishedMs),
    instances: [...frontend.workers].map(([name, worker]) => describeInstance(name, worker)),
    tearless: {
      state: frontend.service,
      uploads: { ...frontend.uploads },
      descriptors: rounds.map((round) => ({
        period: round.period,
        isFetched: round.isFetched,
        published: renderTime(round.publishedMs),
        next: renderTime(round.nextMs),
        directories: round.directories,
        failed: round.failed,
        introPoints: round.points,
        distinct: round.bodies,
      })),
    },
  };
};

/** Times are UTC. */
export const describeStatus = (observation: Observation): JsonObject => ({
  services: [...observation.frontends].map(([address, frontend]) => describeService(address, frontend)),
  tearless: {
    schema: 'tearless.balance-socket/v1',
    state: observation.state,
    why: observation.stateWhy,
    refused: Object.fromEntries(observation.refused),
  },
});
