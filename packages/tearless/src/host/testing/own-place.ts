// A directory that stands in for `/`, so that the helper's own text can be tried by anybody without touching the machine.
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { HelperPlace } from '../helper/render-helper.ts';

export interface OwnPlace extends HelperPlace, AsyncDisposable {
  readonly link: { readonly path: string; readonly target: string };
}

/** `/etc/tor`, `/etc/systemd/system`, `/usr/lib` with a link in it, and `/var/lib`, all ours. */
export const ownPlace = async (): Promise<OwnPlace> => {
  const { uid, username } = userInfo();
  const root = await mkdtemp(join(tmpdir(), 'tearless-place-'));
  for (const directory of ['etc/tor', 'etc/systemd/system', 'usr/lib', 'usr/local/lib', 'var/lib', 'run']) {
    await mkdir(join(root, directory), { recursive: true, mode: 0o755 });
  }
  await chmod(root, 0o755);
  await symlink('libexample.so.1.2', join(root, 'usr/lib/libexample.so.1'));
  return {
    root,
    owner: username,
    group: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim(),
    uid,
    link: { path: '/usr/lib/libexample.so.1', target: 'libexample.so.1.2' },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
};
