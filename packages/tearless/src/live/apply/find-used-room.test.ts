import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRules } from '../rules/rules.ts';
import type { UpdateRecord } from '../status/process-record.ts';
import { findUsedRoom } from './find-used-room.ts';

const rules = (members: string) =>
  parseRules(`schema: tearless.live-rules/v1\nmembers: { ${members} }\n`, 'rules.yaml');
const zero = rules('struct conn.late: zero');
const update = (state: UpdateRecord['state'], to: string) =>
  ({ state, to, versions: ['1.0', `1.0-${to}`] }) as unknown as UpdateRecord;

it('room is not known to be zero once another update was there and was taken back', () => {
  const record = { updates: [update('done', 'b'), update('undone', 'c')] };
  const refused = /tor 1\.0-c, .* where struct conn\.late would be taken for zero/;
  assert.match(findUsedRoom(record, 'd', zero) ?? '', refused);
  assert.match(findUsedRoom({ updates: [update('pending', 'c')] }, 'd', zero) ?? '', refused);
});

it('room is as it was where nothing was taken back, and the same update finds what it wrote itself', () => {
  assert.equal(findUsedRoom(undefined, 'd', zero), undefined);
  assert.equal(findUsedRoom({ updates: [update('done', 'b')] }, 'd', zero), undefined);
  assert.equal(findUsedRoom({ updates: [update('undone', 'd')] }, 'd', zero), undefined);
});

it('what a rule writes does not depend on what was there', () => {
  const written = rules('struct conn.late: { value: 0, of: { from: conns } }');
  const record = { updates: [update('undone', 'c')] };
  assert.equal(findUsedRoom(record, 'd', written), undefined);
  assert.equal(findUsedRoom(record, 'd', undefined), undefined);
});
