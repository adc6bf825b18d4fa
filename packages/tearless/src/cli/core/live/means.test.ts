import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeRefusal } from './means.ts';

it('a key that others may read is told as such, and else what ssh-keygen says last', () => {
  const open =
    '@@@\n@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nPermissions 0644 for \'/k\' are too open.\nNo private key found for "/k"\n';
  assert.equal(describeRefusal(open), "Permissions 0644 for '/k' are too open.");
  assert.equal(describeRefusal('first\nlast\n\n'), 'last');
  assert.equal(describeRefusal('\n'), undefined);
});
