import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findNewerReleases } from './newer-releases.ts';

describe('releases that are newer than what runs', () => {
  const recommended = '0.4.8.16,0.4.8.17,0.4.9.9,0.4.9.11,0.4.9.12,0.4.10.1-alpha,0.5.0.3';

  it('are the newest of the same series and the newest of all', () => {
    assert.deepEqual(findNewerReleases('0.4.9.11', recommended), ['0.4.9.12', '0.5.0.3']);
    assert.deepEqual(findNewerReleases('0.4.8.16 (git-abc)', recommended), ['0.4.8.17', '0.5.0.3']);
  });

  it('are none where nothing is newer, and not known where nothing is recommended', () => {
    assert.deepEqual(findNewerReleases('0.5.0.3', recommended), []);
    assert.equal(findNewerReleases('0.4.9.11', ''), undefined);
    assert.equal(findNewerReleases('what', recommended), undefined);
  });

  it('are trials only for who runs one', () => {
    assert.deepEqual(findNewerReleases('0.4.9.12', '0.4.10.1-alpha'), []);
    assert.deepEqual(findNewerReleases('0.4.10.0-alpha', '0.4.10.1-alpha'), ['0.4.10.1-alpha']);
  });

  it('are compared by numbers, not by letters', () => {
    assert.deepEqual(findNewerReleases('0.4.9.9', '0.4.9.10'), ['0.4.9.10']);
  });
});
