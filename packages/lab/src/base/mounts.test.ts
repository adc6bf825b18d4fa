import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHierarchies } from './cgroups.ts';
import { isMounted, parseMounts } from './mounts.ts';

const hybrid = `24 1 0:22 / /proc rw,relatime - proc proc rw
30 25 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
32 30 0:28 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
33 30 0:29 / /sys/fs/cgroup/memory rw shared:9 master:2 - cgroup cgroup rw,memory
34 30 0:30 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
35 30 0:31 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
36 1 0:40 / /mnt/with\\040space\\134x rw - tmpfs none rw
`;
const unified = '35 30 0:31 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';

test('mounts are read with their path as it is', () => {
  const mounts = parseMounts(hybrid);
  assert.equal(mounts.length, 8);
  assert.equal(mounts.at(-1)?.path, '/mnt/with space\\x');
  assert.deepEqual(mounts[2], { path: '/sys/fs/cgroup/cpu', type: 'cgroup', superOptions: ['rw', 'cpu'] });
  assert.throws(() => parseMounts('nonsense\n'), TypeError);
});

test('the control group hierarchies a host needs are found in either layout', () => {
  assert.deepEqual(
    findHierarchies(parseMounts(hybrid)).map(({ path, version }) => `${path.slice(15)} ${version}`),
    ['cpu 1', 'memory 1', 'systemd 1', 'unified 2'],
  );
  assert.deepEqual(findHierarchies(parseMounts(unified)), [{ path: '/sys/fs/cgroup', version: 2 }]);
  assert.deepEqual(findHierarchies(parseMounts('')), []);
});

test('what is mounted on this machine is seen', () => {
  assert.ok(isMounted('/proc'));
  assert.ok(!isMounted('/proc/nothing'));
});
