// The list of files that Tearless owns on a host, as the host keeps it. What it says is the business of change/.
import type { Host } from './host.ts';

/** The text last put, or undefined. */
export const readOwned = async (host: Host): Promise<string | undefined> => {
  const { stdout } = await host.call('owned-show');
  return stdout.length === 0 ? undefined : new TextDecoder().decode(stdout);
};

/** Replaces the list; a reader sees the old one or the new. */
export const writeOwned = async (host: Host, text: string): Promise<void> => {
  await host.call('owned-put', { input: text });
};
