// A disk that stays full.
import { setTimeout as delay } from 'node:timers/promises';
import { fillDisk, healDisk } from '@tearless/lab/hosts/faults.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';

/** Keeps a host's disk full while `act` goes on: what runs there frees a little now and then. */
export const whileFull = async <T>(host: LabHost, act: () => Promise<T>): Promise<T> => {
  let goesOn = true;
  const keep = async (): Promise<void> => {
    while (goesOn) {
      await fillDisk(host);
      await delay(10);
    }
  };
  await fillDisk(host);
  const keeping = keep();
  // Awaited below: until then a failure must not end the test's process.
  keeping.catch(() => {});
  try {
    return await act();
  } finally {
    goesOn = false;
    await keeping.finally(() => healDisk(host));
  }
};
