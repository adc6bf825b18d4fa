// Workers, points and directories that do not exist, for tests of choosing. Certificates have the size of real ones and
// nothing else: nobody verifies them here.
import { createHash } from 'node:crypto';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import type { Directory } from '../../model/directory.ts';
import type { Layout, LayoutChoice } from '../../model/layout.ts';
import type { WorkerPoints, WorkerState } from '../../model/worker.ts';

const bytesNamed = (name: string, length = 32): Uint8Array =>
  new Uint8Array(createHash('shake256', { outputLength: length }).update(name).digest());

const certificateNamed = (name: string): IntroPoint['authKeyCertificate'] => ({
  type: 9,
  expiresMs: 0,
  keyType: 1,
  certifiedKey: bytesNamed(`${name} key`),
  signingKey: null,
  extensions: [],
  signature: bytesNamed(`${name} signature`, 64),
  signedBytes: bytesNamed(`${name} body`, 76),
});

/** An introduction point as large as tor's largest: at a relay with an IPv4 and an IPv6 address. */
export const introPointNamed = (name: string, relay = name): IntroPoint => ({
  linkSpecifiers: [
    { kind: 'ipv4', address: '192.0.2.7', port: 9001 },
    {
      kind: 'rsa-id',
      fingerprint: Buffer.from(bytesNamed(`${relay} rsa`, 20))
        .toString('hex')
        .toUpperCase(),
    },
    { kind: 'ed25519-id', id: bytesNamed(`${relay} relay`) },
    { kind: 'ipv6', address: '2001:db8::7', port: 9001 },
  ],
  onionKey: bytesNamed(`${name} onion`),
  authKeyCertificate: certificateNamed(`${name} auth`),
  encKey: bytesNamed(`${name} enc`),
  encKeyCertificate: certificateNamed(`${name} enc`),
  unknown: [],
});

export interface WorkerShape {
  readonly id?: string;
  readonly points?: number;
  readonly weight?: number;
  readonly state?: WorkerState;
  /** Names the relay that a point is at. Default: each at its own. */
  readonly relayOf?: (point: number) => string;
}

export const workerPoints = (shape: WorkerShape, index: number): WorkerPoints => {
  const { id = `w${index}`, points = 3, weight = 1, state = 'in', relayOf } = shape;
  return {
    worker: { id, onionAddress: `${id}.onion`, weight, state },
    introPoints: Array.from({ length: points }, (_, point) => introPointNamed(`${id} ${point}`, relayOf?.(point))),
    learntAtMs: 0,
    descriptorValidForMs: 3 * 3_600_000,
  };
};

/** Directories of two replicas; the first `fetched` of each are read, the last `stored - fetched` are spare. */
export const directoriesOf = (stored = 4, fetched = 3): Directory[] =>
  [1, 2].flatMap((replica) =>
    Array.from({ length: stored }, (_, position) =>
      directoryNamed(`${replica}.${position}`, replica, position < fetched),
    ),
  );

export const directoryNamed = (name: string, replica: number, isFetched: boolean): Directory => ({
  fingerprint: name,
  nickname: name,
  ed25519Id: bytesNamed(name),
  replicas: [replica],
  isFetched,
});

/** @throws when nothing was chosen */
export const layoutOf = (choice: LayoutChoice): Layout => {
  if (choice.kind === 'none') throw new Error(`nothing was chosen: ${choice.reason}`);
  return choice.layout;
};
