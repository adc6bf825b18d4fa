// A relay whose process runs is asked what it is; one that stands still says nothing, and is not taken for one that is young.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HostError } from '../../../host/host-error.ts';
import type { ReadFleet } from '../fleet.ts';
import type { RunningRelay } from './look-at-running.ts';
import { askVersions } from './read-status.ts';

it('a tor that stands still is told from one that is not there yet', async () => {
  const ask = (kind: 'timeout' | 'not-found' | 'denied') => {
    const open = async () => {
      throw new HostError({ kind, code: `host-${kind}`, message: 'no' });
    };
    const fleet = { hosts: { get: () => ({ open }) } } as unknown as ReadFleet;
    const relay = { id: 'h1/a', host: 'h1', instance: 'a' } as RunningRelay['relay'];
    return askVersions(fleet, { relay }, { signal: new AbortController().signal });
  };
  assert.equal(await ask('timeout'), 'silent');
  assert.equal(await ask('not-found'), undefined);
  await assert.rejects(ask('denied'), { code: 'host-denied' });
});
