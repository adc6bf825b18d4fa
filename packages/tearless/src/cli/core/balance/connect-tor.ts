// The control port of the tor on this machine that does the balancer's circuits.
import { readFile } from 'node:fs/promises';
import { Controller } from '@tearless/tor/control/controller.ts';
import { LocalTransport } from '../../../host/local/local-transport.ts';
import { usageError } from '../cli-error.ts';

/** @param control a unix socket, or a port of 127.0.0.1 */
export const connectTor = (control: string): ((signal: AbortSignal) => Promise<Controller>) => {
  const port = /^\d+$/.test(control) ? Number(control) : undefined;
  if (port === undefined ? !control.startsWith('/') : port < 1 || port > 65_535)
    throw usageError(`'${control}' is no control port`, '--control /run/tor/control, or --control 9051');
  const transport = new LocalTransport('this machine');
  return async (signal) => {
    const stream =
      port === undefined
        ? await transport.openUnix(control, signal)
        : await transport.openTcp('127.0.0.1', port, signal);
    return Controller.open(stream, { auth: { readCookie: (path) => readFile(path) }, signal });
  };
};
