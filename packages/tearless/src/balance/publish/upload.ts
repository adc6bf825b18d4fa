// One descriptor to one directory, by HSPOST, and what the directory said to it.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { openDeadline } from '../circuits/deadline.ts';
import { bareAddress } from '../learn/fetch-descriptor.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';

export type UploadResult =
  | { readonly kind: 'uploaded' }
  /** The directory holds a counter that is not lower, or found the descriptor wrong. */
  | { readonly kind: 'rejected' }
  | { readonly kind: 'failed'; readonly reason: string };

const uploadTimeoutMs = 45_000;

/**
 * Waits for the answer; one upload of an address to a directory at a time, as `UPLOADED` names no descriptor.
 * @throws TorError when the control connection is gone; the signal's reason when aborted
 */
export const uploadDescriptor = async (
  controller: Controller,
  upload: { readonly address: string; readonly directory: string; readonly text: string },
  signal: AbortSignal,
): Promise<UploadResult> => {
  const address = bareAddress(upload.address);
  using deadline = openDeadline(signal, uploadTimeoutMs);
  await using events = controller.events('HS_DESC', { signal: deadline.signal });
  try {
    await controller.hsPost(upload.text, { servers: [upload.directory], address, signal });
    for await (const event of events) {
      if (event.address !== address || event.hsDir?.fingerprint !== upload.directory) continue;
      if (event.action === 'UPLOADED') return { kind: 'uploaded' };
      if (event.action !== 'FAILED') continue;
      return event.reason === 'UPLOAD_REJECTED'
        ? { kind: 'rejected' }
        : { kind: 'failed', reason: event.reason ?? 'FAILED' };
    }
    return { kind: 'failed', reason: 'the control connection was closed' };
  } catch (error) {
    signal.throwIfAborted();
    if (isConnectionLost(error) || !(error instanceof TorError)) throw error;
    return { kind: 'failed', reason: error.message };
  }
};
