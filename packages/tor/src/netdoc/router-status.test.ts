import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConsensus } from './consensus.ts';
import { parseRouterStatuses, renderRouterStatus } from './router-status.ts';
import { readTestdata, testRefused } from './testing/refused.ts';

describe('router status from GETINFO', () => {
  const statuses = parseRouterStatuses(readTestdata('router-status/getinfo-ns-all'));

  test('what a relay answers to GETINFO ns/all is read like the consensus it stands for', () => {
    const consensus = parseConsensus(readTestdata('consensus/ns'));
    assert.equal(statuses.length, 7);
    for (const status of statuses) {
      const listed = consensus.routers.find(({ fingerprint }) => fingerprint === status.fingerprint);
      assert.ok(listed);
      const { flags, bandwidthKb, portPolicy, address, orPort, dirPort, orAddresses, descriptorDigest } = listed;
      assert.deepEqual(
        { ...status, publishedMs: 0, nickname: '', fingerprint: '', microdescDigest: null },
        {
          ...{ flags, bandwidthKb, portPolicy, address, orPort, dirPort, orAddresses, descriptorDigest },
          ...{ publishedMs: 0, nickname: '', fingerprint: '', microdescDigest: null },
          // tor leaves these out on the control port.
          ...{ version: null, protocols: null, isUnmeasured: false },
        },
      );
    }
  });

  test('rendering gives the text back', () => {
    assert.equal(statuses.map(renderRouterStatus).join(''), readTestdata('router-status/getinfo-ns-all'));
  });

  test('no answer is no relay', () => assert.deepEqual(parseRouterStatuses(''), []));

  testRefused('router-status', parseRouterStatuses);
});
