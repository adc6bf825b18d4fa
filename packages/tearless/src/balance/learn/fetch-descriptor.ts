// One descriptor from one directory, by HSFETCH. tor decodes what it gets, so what comes back is legal in C tor's eyes too.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { BalanceError } from '../balance-error.ts';
import { openDeadline } from '../circuits/deadline.ts';

export interface FetchOptions {
  /** With `.onion`. */
  readonly address: string;
  /** Fingerprint of the directory. Without naming one, tor would ask each only once in 15 minutes. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

const fetchTimeoutMs = 30_000;

/** As the control port has addresses. */
export const bareAddress = (address: string): string => address.replace(/\.onion$/, '');

/**
 * @returns the descriptor's text
 * @throws BalanceError `balance-fetch-failed` with tor's reason (`NOT_FOUND`, `QUERY_NO_HSDIR`, …), `balance-bad-descriptor` for
 *   what tor itself refuses, TorError
 */
export const fetchDescriptor = async (controller: Controller, options: FetchOptions): Promise<string> => {
  const { directory, signal } = options;
  const address = bareAddress(options.address);
  using deadline = openDeadline(signal, fetchTimeoutMs);
  await using events = controller.events('HS_DESC', 'HS_DESC_CONTENT', { signal: deadline.signal });
  await controller.hsFetch(address, { servers: [directory], signal });
  for await (const event of events) {
    if (event.address !== address || event.hsDir?.fingerprint !== directory) continue;
    if (event.type === 'HS_DESC_CONTENT' && event.descriptor !== '') return event.descriptor;
    if (event.type === 'HS_DESC' && event.action === 'FAILED') throw fetchFailed(options, event.reason ?? 'FAILED');
  }
  throw fetchFailed(options, 'the control connection was closed');
};

const fetchFailed = ({ address, directory }: FetchOptions, reason: string): BalanceError =>
  new BalanceError({
    kind: 'failed',
    code: reason === 'BAD_DESC' ? 'balance-bad-descriptor' : 'balance-fetch-failed',
    place: 'network',
    message: `no descriptor of ${address} from the directory ${directory}: ${reason}`,
    retryable: true,
    subject: reason,
  });
