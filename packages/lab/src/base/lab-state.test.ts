import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isLeftOver } from './claim-lab.ts';
import { createLab, isCreatorAlive, labPaths, labsRoot, listLabs, readLab, removeLab } from './lab-state.ts';

const root = mkdtempSync(join(tmpdir(), 'lab-state-'));
after(() => rmSync(root, { recursive: true }));

test('labs side by side get address ranges of their own, and a range is free again after its lab', async () => {
  const [one, two] = [await createLab('one', root), await createLab('two', root)];
  assert.deepEqual([one.net, two.net], [1, 2]);
  assert.deepEqual(listLabs(root), ['one', 'two']);
  await assert.rejects(createLab('one', root), { code: 'lab-exists' });
  removeLab('one', root);
  assert.equal(readLab('one', root), undefined);
  assert.equal((await createLab('three', root)).net, 1);
});

test('labs made at the same time do not get the same range', async () => {
  const made = await Promise.all(['p', 'q', 'r'].map((name) => createLab(name, root)));
  assert.equal(new Set(made.map(({ net }) => net)).size, 3);
});

test('a lab belongs to its creator while that lives and the machine was not started again', async () => {
  const lab = await createLab('mine', root);
  assert.deepEqual(readLab('mine', root), lab);
  assert.ok(isCreatorAlive(lab) && !isLeftOver(lab));
  const orphan = { ...lab, creator: { ...lab.creator, startTime: 1 } };
  assert.ok(isLeftOver(orphan));
  assert.ok(!isLeftOver({ ...orphan, detached: true }));
  assert.ok(isLeftOver({ ...lab, detached: true, bootId: 'another' }));
});

test('nobody else may look into the folder of a lab', async () => {
  await createLab('closed', root);
  assert.equal(statSync(labPaths('closed', root).folder).mode & 0o777, 0o700);
});

test('a record of another version is not misread', async () => {
  await createLab('other', root);
  writeFileSync(labPaths('other', root).record, '{"schema":"tearless.lab/v9"}');
  assert.throws(() => readLab('other', root), { code: 'lab-record-unknown' });
  removeLab('other', root);
});

test('labs of root are shared, those of others lie at home', () => {
  assert.equal(labsRoot({}, 0), '/run/tearless/labs');
  assert.equal(labsRoot({ XDG_STATE_HOME: '/s' }, 1000), '/s/tearless/labs');
  assert.match(labsRoot({ XDG_STATE_HOME: 'relative' }, 1000), /\/\.local\/state\/tearless\/labs$/);
});
