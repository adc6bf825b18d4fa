// The archive's tor with room in its structs passes tor's own tests, and its package runs nothing when it is installed. Takes a
// quarter of an hour: only in the long form.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { run } from '@tearless/lab/base/run.ts';
import { BuildManifest } from 'tearless/live/build/manifest.ts';

const isLong = process.env.TEARLESS_SOAK === '1';
const launcher = join(import.meta.dirname, '../../tearless');
const timeoutMs = 2 * 60 * 60_000;

/** A second build of the same tree, with what its tests need. Arguments: OUT JOBS CONFIGURE… */
const checkScript = `set -eu
out=$1 jobs=$2
shift 2
mkdir "$out/check"
cd "$out/check"
../source/configure --disable-asciidoc "$@"
make micro-revision.i
make -j"$jobs" src/test/test
src/test/test
`;

suite(
  'the archive’s tor, ready for updates',
  { skip: isLong ? false : 'TEARLESS_SOAK=1 runs it', timeout: timeoutMs },
  () => {
    let folder: string;
    let manifest: BuildManifest;
    const out = (): string => join(folder, 'build');

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tearless-live-build-'));
      const jobs = String(availableParallelism());
      await run([launcher, 'live', 'build', '--debian', '--out', out(), '--jobs', jobs], { timeoutMs });
      manifest = BuildManifest.parse(JSON.parse(readFileSync(join(out(), 'manifest.json'), 'utf8')));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    test('passes the tests of tor itself with the same room', async () => {
      const words = [out(), String(availableParallelism()), ...manifest.configure];
      const said = await run(['sh', '-c', checkScript, 'check', ...words], { timeoutMs });
      assert.match(said, /^\d+ tests ok\./m);
    });

    test('comes as a package that lies beside the stock one and has no script', async () => {
      const { debian } = manifest;
      assert.ok(debian !== undefined);
      const path = join(out(), debian.package.file);
      const parts = await run(['sh', '-c', 'dpkg-deb --ctrl-tarfile "$1" | tar -t', 'parts', path]);
      assert.deepEqual(parts.trim().split('\n').sort(), ['./', './control', './md5sums']);
      const files = await run(['dpkg-deb', '--contents', path]);
      assert.match(files, new RegExp(`live/${manifest.buildId}/tor$`, 'm'));
      assert.doesNotMatch(files, / \.\/(?:usr\/bin|usr\/sbin|etc|lib)\//);
    });
  },
);
