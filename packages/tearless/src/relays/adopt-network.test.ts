import assert from 'node:assert/strict';
import { it } from 'node:test';
import { networkOf } from './adopt-network.ts';
import { fileFacts, sampleHost, sampleInstance } from './testing/sample-fleet.ts';

const withTorrc = (text: string) =>
  sampleHost('h1', [sampleInstance('a', { torrc: [fileFacts('/etc/tor/torrc', text)] })]);

it('a fleet is of a private network when its torrc says so', () => {
  assert.equal(networkOf([withTorrc('Nickname a\n')]), 'public');
  assert.equal(networkOf([withTorrc('Nickname a\n'), withTorrc('testingtornetwork 1\n')]), 'lab');
  assert.equal(networkOf([withTorrc('TestingTorNetwork 0\n')]), 'public');
  assert.equal(networkOf([withTorrc('%include /nowhere\n')]), 'public');
});
