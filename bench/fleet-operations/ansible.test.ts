import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecap } from './ansible.ts';

const recap = `PLAY RECAP *********************************************************************
alpha                      : ok=4    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
beta                       : ok=3    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
gamma                      : ok=1    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
delta                      : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0
`;

test('the recap tells what each host changed; one that failed is not among them', () => {
  assert.deepEqual(parseRecap(recap), { alpha: 2, beta: 0 });
});
