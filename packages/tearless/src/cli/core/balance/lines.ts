// Balanced services for people: events while the balancer runs, and tables from what is stored. Pure.
import type { Leader } from '../../../balance/lease/lease-room.ts';
import { isMissed, type RoundDocument } from '../../../balance/run/documents.ts';
import type { BalanceEvent } from '../../../balance/run/event.ts';
import { type FrontendStatus, findRead, type WorkerStatus } from '../../../balance/run/status.ts';
import { counted, renderInstant } from '../render/experiment-lines.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

const short = (address: string): string => `${address.slice(0, 12)}….onion`;

/** Why there is no round, in words. */
const noRound: Readonly<Record<string, string>> = {
  'no-directories': 'no directory is responsible for it',
  'no-workers': 'it has no workers',
  'no-points': 'no introduction points of its workers are known yet',
  'no-room': 'so many clients are authorized that no introduction point fits beside them',
};

/** A line for people, or undefined for what only programs want to know. */
export const renderEvent = (event: BalanceEvent): string | undefined => {
  switch (event.kind) {
    case 'balancer.state-changed':
      return `balancer: ${event.state}${event.why === null ? '' : ` (${event.why})`}`;
    case 'frontend.opened':
    case 'worker.heard':
      return undefined;
    case 'descriptor.refused':
      return `${short(event.frontend)}: a descriptor of ${event.worker} was not taken: ${event.why}`;
    case 'worker.learnt':
      return `${short(event.frontend)}: ${event.worker} has ${counted(event.points, 'introduction point')}`;
    case 'worker.changed':
      return `${short(event.frontend)}: ${event.worker} is ${event.state}: ${event.why}`;
    case 'balancer.not-probing':
      return `warning: workers are not probed: ${event.why}`;
    case 'probes.blind':
      return `warning: probes by ${event.path} say nothing of ${event.worker?.worker ?? 'any worker'}: ${event.why}`;
    case 'probes.recovered':
      return `probes by ${event.path} reach ${event.worker?.worker ?? 'workers'} again`;
    case 'frontend.all-out':
    case 'frontend.keys-ended':
      return `warning: ${short(event.frontend)}: ${event.why}`;
    case 'frontend.recovered':
      return `${short(event.frontend)}: ${event.why} again`;
    case 'round.published': {
      const missed = event.failed === 0 ? '' : `, ${event.failed} missed it`;
      const what = `${counted(event.points, 'introduction point')} in ${counted(event.bodies, 'descriptor')}`;
      return `${short(event.frontend)}: published ${what} to ${counted(event.directories, 'directory', 'directories')}${missed} for period ${event.period}: ${event.why}`;
    }
    case 'round.failed':
      // A warning of its own tells more.
      if (event.why === 'all-out' || event.why === 'keys-ended') return undefined;
      return `${short(event.frontend)}: nothing published for period ${event.period}: ${noRound[event.why] ?? event.why}`;
    case 'round.kept':
      return `${short(event.frontend)}: what stands for period ${event.period} is still good: ${event.why}`;
  }
};

const percent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`);

const renderWorkers = (workers: readonly WorkerStatus[], style: Style): string[] =>
  renderTable(workers, [
    { title: 'WORKER', cell: ({ id }) => id },
    { title: 'STATE', cell: ({ state }) => (state === 'in' ? style.good(state) : style.warn(state)) },
    { title: 'POINTS', align: 'right', cell: ({ points }) => `${points}` },
    { title: 'IN PLAY', align: 'right', cell: ({ pointsInPlay }) => `${pointsInPlay}` },
    { title: 'SHARE', align: 'right', cell: ({ expectedShare }) => percent(expectedShare) },
    { title: 'LEARNT (UTC)', cell: ({ learntAtMs }) => (learntAtMs === null ? '-' : renderInstant(learntAtMs)) },
  ]);

const renderRound = (round: RoundDocument): string => {
  const { directories, periodNumber, isFetched, publishedMs, nextMs } = round;
  const missed = directories.filter(isMissed).length;
  const isUnderWay = directories.some(({ state }) => state === 'unsent');
  const reached = `${directories.length - missed} of ${directories.length} directories${isUnderWay ? ' so far' : ''}`;
  return `period ${periodNumber}${isFetched ? ', which clients read' : ''}: published ${renderInstant(publishedMs)}, ${reached}, next by ${renderInstant(nextMs)}`;
};

/** Ages as people take them in: a balancer is heard every two seconds. */
const renderAge = (ageMs: number): string =>
  ageMs < 120_000 ? `${Math.round(ageMs / 1000)} s ago` : `${Math.round(ageMs / 60_000)} min ago`;

const renderLeader = (leader: Leader | null, style: Style): string => {
  if (leader === null) return 'no balancer leads';
  const heard = `heard ${renderAge(leader.ageMs)}`;
  return leader.isAlive
    ? `${leader.who} leads, ${heard}`
    : style.warn(`no balancer leads: ${leader.who} did, and was last ${heard}`);
};

export const renderStatus = (frontends: readonly FrontendStatus[], style: Style): string[] =>
  frontends.flatMap((frontend, index) => [
    ...(index === 0 ? [] : ['']),
    style.strong(frontend.address),
    `${frontend.state} since ${renderInstant(frontend.sinceMs)}${frontend.why === null ? '' : `: ${frontend.why}`}; policy ${frontend.policy}`,
    renderLeader(frontend.leader, style),
    ...(frontend.keysUntilMs === null ? [] : [`keys made ahead, until ${renderInstant(frontend.keysUntilMs)}`]),
    ...frontend.rounds.map(renderRound),
    '',
    ...renderWorkers(frontend.workers, style),
    ...frontend.workers.flatMap(renderLeaving),
  ]);

/** Until when clients may still come to a worker that is sent no new ones. */
const renderLeaving = ({ id, state, cachedUntilMs }: WorkerStatus): string[] =>
  state !== 'draining'
    ? []
    : [
        cachedUntilMs === null
          ? `${id} is drained: no descriptor leads there any more`
          : `${id} is being drained: clients with a descriptor from before may come until ${renderInstant(cachedUntilMs)}`,
      ];

/** `3 hsdesc-bad-signature` */
const renderRefused = ({ refused }: WorkerStatus): string[] => {
  const counts = Object.entries(refused).map(([reason, count]) => `${count} ${reason}`);
  return counts.length === 0 ? [] : [`descriptors that were not taken: ${counts.join(', ')}`];
};

const sources = { helper: 'its helper', directory: 'directories' } as const;

/** `w1 w2×2 w3` */
const renderPoints = (points: readonly { readonly worker: string }[]): string => {
  const counts = new Map<string, number>();
  for (const { worker } of points) counts.set(worker, (counts.get(worker) ?? 0) + 1);
  return [...counts].map(([worker, count]) => (count === 1 ? worker : `${worker}×${count}`)).join(' ');
};

const renderHeld = (state: RoundDocument['directories'][number]['state'], style: Style): string => {
  if (state === 'unsent') return style.warn(state);
  return state === 'failed' ? style.bad(state) : style.good(state);
};

export const renderMap = (round: RoundDocument, style: Style): string[] =>
  renderTable(round.directories, [
    { title: 'DIRECTORY', cell: ({ nickname, fingerprint }) => `${nickname} ${fingerprint.slice(0, 8)}` },
    { title: 'REPLICA', align: 'right', cell: ({ replica }) => `${replica}` },
    { title: 'CLIENTS', cell: ({ isFetched }) => (isFetched ? 'read' : '-') },
    { title: 'STATE', cell: ({ state }) => renderHeld(state, style) },
    { title: 'INTRODUCTION POINTS OF', cell: ({ points }) => renderPoints(points) },
  ]);

export const renderMaps = (frontends: readonly FrontendStatus[], style: Style): string[] =>
  frontends.flatMap(({ address, rounds }, index) => [
    ...(index === 0 ? [] : ['']),
    style.strong(address),
    ...rounds.flatMap((round) => ['', renderRound(round), ...renderMap(round, style)]),
  ]);

const comingShown = 5;

export const renderExplanation = (
  { address, rounds, state, policy, workers, coming }: FrontendStatus,
  worker: WorkerStatus | undefined,
  style: Style,
): string[] => {
  const read = findRead(rounds);
  const about =
    worker === undefined
      ? [
          `the balancer is ${state}; ${counted(workers.filter((one) => one.state === 'in').length, 'worker')} of ${workers.length} in; policy ${policy}`,
        ]
      : [
          `worker ${worker.id} of ${address}: ${worker.state}, because ${worker.why}`,
          ...worker.problems.map((problem) => `  ${problem}`),
          ...(worker.source === null ? [] : [`its introduction points are known from ${sources[worker.source]}`]),
          ...worker.setAside.map((why) => `not usable: introduction point ${why}`),
          ...renderRefused(worker),
          ...renderLeaving(worker),
          `${worker.pointsInPlay} of its ${worker.points} introduction points in play; it gets ${percent(worker.expectedShare)} of new clients${worker.shareWhy === null ? '' : `: ${worker.shareWhy}`}`,
        ];
  if (read === undefined) return [style.strong(worker?.address ?? address), ...about, 'nothing was published yet'];
  const directories = read.directories.filter(
    ({ points }) => worker === undefined || points.some((point) => point.worker === worker.id),
  );
  const where = directories.map(
    ({ nickname, fingerprint, replica, isFetched, points, copyOf, state: held, reason }) => {
      const own = worker === undefined ? points : points.filter((point) => point.worker === worker.id);
      const role = isFetched
        ? 'clients read it'
        : copyOf === null
          ? 'clients do not read it'
          : `a copy of ${copyOf.slice(0, 8)}`;
      return `  ${nickname} ${fingerprint.slice(0, 8)}, replica ${replica}, ${role}: ${renderPoints(own)} (${held}${reason === null ? '' : `: ${reason}`})`;
    },
  );
  return [
    style.strong(worker?.address ?? address),
    ...about,
    '',
    `${renderRound(read)}, because ${read.why}`,
    ...where,
    '',
    'Other introduction points of workers, and other directories, change it at once. Known to come (UTC):',
    ...coming.slice(0, comingShown).map(({ atMs, why }) => `  ${renderInstant(atMs)}: ${why}`),
  ];
};
