// Where the keys of balanced services lie as far as this machine and the hosts can tell, and what is wrong with those places.
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BalanceError } from '../../../balance/balance-error.ts';
import { presignedUntilMs } from '../../../balance/keys/presigned.ts';
import { formatInstant } from '../../../report/format.ts';
import { renderStorePlace } from '../../../store/place.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { locateStore } from '../journal-store.ts';
import { statePaths } from '../state-paths.ts';
import type { DeclaredService } from './find-service.ts';
import { findFileProblem, readKeyFile } from './key-file.ts';
import type { KeyPlace } from './key-place.ts';
import { type KeysSeen, listWorkerKeys } from './keys-on-hosts.ts';
import { probeSecretPath } from './probe-secret.ts';

const warnMs = 14 * 86_400_000;

interface Looked {
  readonly mode: string | null;
  readonly problems: readonly string[];
}

/** @param isSecret whether others may not read it; nobody else may change it in any case */
const look = (path: string, isSecret: boolean): Looked => {
  const own = process.getuid?.();
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { mode: null, problems: ['it is not there'] };
  const problem = findFileProblem({ mode: isSecret ? stats.mode : stats.mode & 0o022, uid: stats.uid }, own);
  const folder = statSync(dirname(path));
  const isSticky = (folder.mode & 0o1000) !== 0;
  const isExposed = (folder.mode & 0o022) !== 0 && !isSticky;
  return {
    mode: (stats.mode & 0o7777).toString(8).padStart(4, '0'),
    problems: [
      ...(problem === null ? [] : [problem]),
      ...(isExposed ? [`others may put another in its place: chmod go-w ${dirname(path)}`] : []),
    ],
  };
};

const lookAtKey = async (
  service: DeclaredService,
  kind: 'identity' | 'presigned',
  path: string,
  nowMs: number,
): Promise<KeyPlace> => {
  const looked = look(path, true);
  const place = { service: service.name, where: path, mode: looked.mode };
  const named = kind === 'identity' ? 'the key of the address' : 'keys made ahead';
  if (looked.mode === null) return { ...place, kind, what: named, untilMs: null, problems: looked.problems };
  try {
    const file = await readKeyFile(path);
    // Onionbalance's configuration names keys made ahead where a key stands otherwise.
    if (file.kind === 'identity')
      return {
        ...place,
        kind: 'identity',
        what: 'the key of the address',
        untilMs: null,
        problems:
          kind === 'presigned' ? [...looked.problems, 'it is the key itself, not keys made ahead'] : looked.problems,
      };
    const untilMs = presignedUntilMs(file.presigned);
    const left = untilMs - nowMs;
    const ending = left <= 0 ? 'they have ended' : left < warnMs ? `they end at ${formatInstant(untilMs)}` : undefined;
    const foreign = service.address !== undefined && file.presigned.address !== service.address;
    return {
      ...place,
      kind: 'presigned',
      what: 'keys made ahead',
      untilMs,
      problems: [
        ...looked.problems,
        ...(ending === undefined ? [] : [`${ending}: make new ones`]),
        ...(foreign ? [`they are of ${file.presigned.address}`] : []),
      ],
    };
  } catch (error) {
    if (!(error instanceof CliError || error instanceof BalanceError)) throw error;
    const problem = error instanceof CliError ? 'it cannot be read by this user' : error.message;
    return { ...place, kind, what: named, untilMs: null, problems: [...looked.problems, problem] };
  }
};

/**
 * What is no key, or cannot be read, is among the problems.
 *
 * @param seen what hosts said; undefined where none was asked
 * @throws StoreError for a wrong place of the state
 */
export const listKeys = async (
  context: CommandContext,
  services: readonly DeclaredService[],
  seen: KeysSeen | undefined,
): Promise<KeyPlace[]> => {
  const nowMs = context.surroundings.clock.now();
  const places: KeyPlace[] = [];
  for (const service of services) {
    const { name, keyFile, presignedFile, clientsFolder } = service;
    const own: KeyPlace[] = [];
    if (keyFile !== undefined) own.push(await lookAtKey(service, 'identity', keyFile, nowMs));
    if (presignedFile !== undefined) own.push(await lookAtKey(service, 'presigned', presignedFile, nowMs));
    const isHere = (kind: KeyPlace['kind']) => own.some((place) => place.kind === kind && place.mode !== null);
    const isBeside = isHere('presigned') && isHere('identity');
    places.push(
      ...own.map((place) =>
        isBeside && place.kind === 'identity'
          ? { ...place, problems: [...place.problems, 'it lies beside keys made ahead: it is not offline'] }
          : place,
      ),
    );
    if (clientsFolder !== undefined)
      places.push({
        kind: 'clients',
        service: name,
        what: 'public keys of its clients',
        where: clientsFolder,
        untilMs: null,
        ...look(clientsFolder, false),
      });
    places.push(...listWorkerKeys(service, seen));
  }
  return [...places, ...(await listShared(context))];
};

/** What serves all services: the state, and the keys that open hosts. What was never made is left out. */
const listShared = async (context: CommandContext): Promise<KeyPlace[]> => {
  const paths = statePaths(context.surroundings);
  const store = await locateStore(context);
  const contents = 'the state: counters and descriptors, no key of a service';
  const files = [
    {
      kind: 'probe',
      what: 'a secret for private addresses of workers, by which they are probed',
      where: probeSecretPath(paths),
    },
    { kind: 'login', what: 'the key that logs in to hosts', where: paths.identityFile },
    { kind: 'login', what: 'the key that follows workers, and opens nothing else', where: paths.balancerIdentity },
    ...(store.kind === 'sqlite' ? [{ kind: 'state', what: contents, where: store.path } as const] : []),
  ] as const;
  const shared = { service: null, untilMs: null };
  const here = files.flatMap((file) => {
    const looked = look(file.where, true);
    return looked.mode === null ? [] : [{ ...shared, ...file, ...looked }];
  });
  if (store.kind === 'sqlite') return here;
  return [
    ...here,
    { ...shared, kind: 'state', what: contents, where: renderStorePlace(store), mode: null, problems: [] },
  ];
};
