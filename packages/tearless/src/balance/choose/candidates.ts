// Which workers and which of their introduction points can be chosen at all, and why the others cannot.
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { Bug } from '../../base/error.ts';
import { type PointRef, pointKey, type SetAside } from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import type { Candidate } from './places.ts';
import { maxPointBytes, pointBytes } from './size.ts';

export interface Candidates {
  /** Workers that are in and have points, by id. */
  readonly candidates: readonly Candidate[];
  /** Bytes of each of their points. */
  readonly sizes: readonly number[];
  /** The relay that each point is at, by key of the point. */
  readonly relayOf: ReadonlyMap<string, string>;
  readonly setAside: readonly SetAside[];
}

/**
 * @throws Bug for a weight that is not above 0
 */
export const listCandidates = (points: readonly WorkerPoints[]): Candidates => {
  const sizes: number[] = [];
  const setAside: SetAside[] = [];
  const owners = new Map<string, string>();
  const candidates: Candidate[] = [];
  const byId = [...points].sort((a, b) => (a.worker.id < b.worker.id ? -1 : 1));
  for (const { worker, introPoints } of byId) {
    if (!(worker.weight > 0 && Number.isFinite(worker.weight)))
      throw new Bug(`weight ${worker.weight} of ${worker.id}`);
    if (worker.state !== 'in') continue;
    const usable: PointRef[] = [];
    for (const [index, point] of introPoints.entries()) {
      const ref = { worker: worker.id, index, key: pointKey(point) };
      const why = findProblem(point, owners.get(ref.key));
      if (why !== null) {
        setAside.push({ ref, why });
        continue;
      }
      owners.set(ref.key, worker.id);
      usable.push(ref);
      sizes.push(pointBytes(point));
    }
    if (usable.length > 0) candidates.push({ worker: worker.id, weight: worker.weight, points: usable });
  }
  return { candidates, sizes, relayOf: relaysOf(points), setAside };
};

/** The relay that each introduction point is at, by key of the point. */
export const relaysOf = (points: readonly WorkerPoints[]): Map<string, string> =>
  new Map(
    points.flatMap(({ introPoints }) =>
      introPoints.map((point): [string, string] => [pointKey(point), relayName(point) ?? pointKey(point)]),
    ),
  );

/** What tor's client knows an introduction point by. */
const relayName = ({ linkSpecifiers }: IntroPoint): string | undefined => {
  for (const specifier of linkSpecifiers) if (specifier.kind === 'rsa-id') return specifier.fingerprint;
  return undefined;
};

const findProblem = (point: IntroPoint, owner: string | undefined): string | null => {
  if (owner !== undefined) return `worker ${owner} has the same introduction point`;
  const bytes = pointBytes(point);
  return bytes > maxPointBytes ? `it takes ${bytes} bytes of a descriptor; tor’s take less than 800` : null;
};
