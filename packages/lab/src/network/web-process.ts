// Starts the web server behind the onion services and the exits as a process of the lab.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inNamespace } from '../base/lab-name.ts';
import { spawnTracked, stopTracked } from '../base/tracked-process.ts';
import type { NodePlace } from './network-node.ts';
import { webPort } from './node-plan.ts';
import { waitForFile } from './wait-for-file.ts';

export type WebServer = {
  /** Where exits reach it. */
  address: string;
  port: number;
  /** Where onion services reach it; connections begin with tor's PROXY line. */
  onionSocket: string;
  /** Tells whoever connects about every request from then on (web-protocol.ts). */
  reportSocket: string;
};

const id = 'web';
const startTimeoutMs = 120_000;

export const planWebServer = (folder: string, address: string): WebServer => ({
  address,
  port: webPort,
  onionSocket: join(folder, id, 'onion.sock'),
  reportSocket: join(folder, id, 'report.sock'),
});

export const startWebServer = async (
  web: WebServer,
  folder: string,
  place: NodePlace,
  signal: AbortSignal,
): Promise<void> => {
  mkdirSync(join(folder, id), { recursive: true, mode: 0o700 });
  rmSync(web.reportSocket, { force: true });
  const program = fileURLToPath(new URL('web-server.ts', import.meta.url));
  const argv = [process.execPath, program, web.address, String(web.port), web.onionSocket, web.reportSocket];
  const { lab, root, namespace } = place;
  await spawnTracked(namespace === undefined ? argv : inNamespace(namespace, argv), {
    lab,
    root,
    id,
    log: join(folder, id, 'web.log'),
    // A supervising test runner's settings are not meant for a server.
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined },
  });
  await waitForFile(web.reportSocket, 0, AbortSignal.any([signal, AbortSignal.timeout(startTimeoutMs)]));
};

export const stopWebServer = (place: NodePlace): Promise<void> => stopTracked(place.lab, id, { root: place.root });
