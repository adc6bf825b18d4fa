// Opens the control connection of a node over its unix socket, as soon as tor listens there.
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Controller } from '@tearless/tor/control/controller.ts';
import type { NodePlan } from './node-plan.ts';
import { waitForFile } from './wait-for-file.ts';

export const cookiePath = (node: NodePlan): string => join(node.folder, 'control_auth_cookie');

const cookieBytes = 32;

/** @throws the signal's reason when aborted; what `Controller.open` throws */
export const openControl = async (node: NodePlan, signal: AbortSignal): Promise<Controller> => {
  // tor writes the cookie after it has opened the socket: with the one the other is there.
  await waitForFile(cookiePath(node), cookieBytes, signal);
  await waitForFile(node.controlSocket, 0, signal);
  return Controller.open(connect(node.controlSocket), { auth: { readCookie: (path) => readFile(path) }, signal });
};
