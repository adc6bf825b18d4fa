// Deals the workers' places out to directories, and the points of each worker to its places. Both are flows at least cost:
// what stood there before is cheaper, so that as little as possible moves.
import { Bug } from '../../base/error.ts';
import type { PointRef } from '../model/layout.ts';
import { FlowNetwork } from './flow.ts';

export interface DealDirectory {
  readonly fingerprint: string;
  readonly replicas: readonly number[];
}

/** What a directory that clients read had before, by fingerprint. */
export type Before = ReadonlyMap<string, readonly PointRef[]>;

const inAnotherReplica = -1e9;
const evenly = -1e6;
const asBefore = -1;

/**
 * How many places each worker has in each directory: as evenly as whole numbers allow over directories and over replicas,
 * and in two replicas at least when it has two places.
 *
 * @param counts places of each worker, above 0; their sum is `size` times the number of directories
 * @returns by worker, then by fingerprint
 */
export const dealPlaces = (
  counts: ReadonlyMap<string, number>,
  directories: readonly DealDirectory[],
  size: number,
  before: Before,
): Map<string, Map<string, number>> => {
  const network = new FlowNetwork();
  const source = network.addNode();
  const sink = network.addNode();
  const replicas = groupByReplica(directories);
  const directoryNodes = new Map(directories.map(({ fingerprint }) => [fingerprint, network.addNode()]));
  for (const node of directoryNodes.values()) network.addArc(node, sink, size, 0);
  const cells: { worker: string; fingerprint: string; arcs: number[] }[] = [];
  for (const [worker, places] of counts) {
    const workerNode = network.addNode();
    network.addArc(source, workerNode, places, 0);
    for (const group of replicas) {
      const groupNode = network.addNode();
      const part = (places * group.length) / directories.length;
      network.addArc(workerNode, groupNode, 1, inAnotherReplica);
      network.addArc(workerNode, groupNode, Math.max(0, Math.floor(part) - 1), evenly);
      network.addArc(workerNode, groupNode, Math.ceil(part) - Math.max(1, Math.floor(part)), 0);
      network.addArc(workerNode, groupNode, places, -evenly);
      for (const { fingerprint } of group) {
        const had = (before.get(fingerprint) ?? []).filter((ref) => ref.worker === worker).length;
        const even = Math.floor(places / directories.length);
        const kept = Math.min(had, even);
        const node = directoryNodes.get(fingerprint) ?? sink;
        const arcs = [
          network.addArc(groupNode, node, kept, evenly + asBefore),
          network.addArc(groupNode, node, even - kept, evenly),
        ];
        if (places % directories.length > 0) arcs.push(network.addArc(groupNode, node, 1, had > even ? asBefore : 0));
        cells.push({ worker, fingerprint, arcs });
      }
    }
  }
  const sent = network.send(source, sink);
  if (sent !== size * directories.length) throw new Bug(`${sent} places dealt of ${size} × ${directories.length}`);
  const dealt = new Map([...counts.keys()].map((worker) => [worker, new Map<string, number>()]));
  for (const { worker, fingerprint, arcs } of cells) {
    const places = arcs.reduce((sum, arc) => sum + network.flowOf(arc), 0);
    if (places > 0) dealt.get(worker)?.set(fingerprint, places);
  }
  return dealt;
};

/**
 * Which points of one worker stand in which directory.
 *
 * @param points in the order in which they get what does not divide evenly: all of it, or nothing
 * @param places by fingerprint, each at most the number of points
 */
export const dealPoints = (
  points: readonly PointRef[],
  places: ReadonlyMap<string, number>,
  before: Before,
): Map<string, PointRef[]> => {
  const total = [...places.values()].reduce((sum, count) => sum + count, 0);
  const network = new FlowNetwork();
  const source = network.addNode();
  const sink = network.addNode();
  const directoryNodes = new Map(
    [...places].map(([fingerprint, count]) => {
      const node = network.addNode();
      network.addArc(node, sink, count, 0);
      return [fingerprint, node];
    }),
  );
  const cells: { point: PointRef; fingerprint: string; arc: number }[] = [];
  for (const [index, point] of points.entries()) {
    const pointNode = network.addNode();
    const times = Math.floor(total / points.length) + (index < total % points.length ? 1 : 0);
    network.addArc(source, pointNode, times, 0);
    for (const [fingerprint, node] of directoryNodes) {
      const wasThere = (before.get(fingerprint) ?? []).some(({ key }) => key === point.key);
      cells.push({ point, fingerprint, arc: network.addArc(pointNode, node, 1, wasThere ? asBefore : 0) });
    }
  }
  const sent = network.send(source, sink);
  if (sent !== total) throw new Bug(`${sent} points dealt to ${total} places`);
  const dealt = new Map([...places.keys()].map((fingerprint) => [fingerprint, [] as PointRef[]]));
  for (const { point, fingerprint, arc } of cells) {
    if (network.flowOf(arc) > 0) dealt.get(fingerprint)?.push(point);
  }
  return dealt;
};

const groupByReplica = (directories: readonly DealDirectory[]): DealDirectory[][] => {
  const groups = new Map<number, DealDirectory[]>();
  for (const directory of directories) {
    const replica = Math.min(...directory.replicas);
    groups.set(replica, [...(groups.get(replica) ?? []), directory]);
  }
  return [...groups.values()];
};
