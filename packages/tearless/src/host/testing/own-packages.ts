// The real dpkg and apt over a directory that stands in for `/`: a package database and an archive of small packages that
// are nobody's business but a test's. The helper finds them because, in such a place, its programs come first.
import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256Hex } from '../../base/json.ts';
import type { OwnPlace } from './own-place.ts';

const runFile = promisify(execFile);

export interface PackageSpec {
  readonly name: string;
  readonly version: string;
  /** Paths with their content, or with the target of a link where that begins with `->`. */
  readonly files: Readonly<Record<string, string>>;
  /** Further lines of its control file, such as `Conflicts: libjemalloc9`. */
  readonly fields?: string;
  /** Runs when the package is configured. */
  readonly postinst?: string;
}

export interface OwnPackages {
  /** Puts a package into the archive; `refresh` lets apt see it. */
  build(spec: PackageSpec): Promise<void>;
  refresh(): Promise<void>;
  /** Runs a program of the place: dpkg, dpkg-query, apt-get, apt-cache, apt-mark. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Where the archive has a package. */
  file(name: string, version: string): string;
}

/** Readies a place for packages. Needs dpkg and apt, not root. */
export const ownPackages = async ({ root }: OwnPlace): Promise<OwnPackages> => {
  const archive = join(root, 'srv/archive');
  const made = [
    'usr/bin',
    'usr/sbin',
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'etc/apt/sources.list.d',
    'var/lib/dpkg/info',
    'var/lib/dpkg/updates',
    'var/lib/dpkg/triggers',
    'var/lib/apt/lists/partial',
    'var/cache/apt/archives/partial',
    'var/log/apt',
    'srv/archive',
  ];
  for (const directory of made) await mkdir(join(root, directory), { recursive: true, mode: 0o755 });
  await writeFile(join(root, 'var/lib/dpkg/status'), '');
  await writeFile(join(root, 'etc/apt/sources.list'), `deb [trusted=yes] file:${archive} ./\n`);
  const configuration = join(root, 'etc/apt.conf');
  await writeFile(
    configuration,
    `Dir "${root}";\nDir::Bin::dpkg "${root}/usr/bin/dpkg";\nDir::State::status "${root}/var/lib/dpkg/status";\nAPT::Sandbox::User "";\n#clear DPkg::Post-Invoke;\n#clear APT::Update::Post-Invoke;\n`,
  );
  const programs: Readonly<Record<string, string>> = {
    dpkg: `exec /usr/bin/dpkg --root='${root}' --force-not-root --force-script-chrootless --log=/dev/null "$@"`,
    'dpkg-query': `exec /usr/bin/dpkg-query --admindir='${root}/var/lib/dpkg' "$@"`,
    'apt-get': `APT_CONFIG='${configuration}' exec /usr/bin/apt-get "$@"`,
    'apt-cache': `APT_CONFIG='${configuration}' exec /usr/bin/apt-cache "$@"`,
    'apt-mark': `APT_CONFIG='${configuration}' exec /usr/bin/apt-mark "$@"`,
  };
  for (const [program, line] of Object.entries(programs)) {
    await writeFile(join(root, 'usr/bin', program), `#!/bin/sh\n${line}\n`);
    await chmod(join(root, 'usr/bin', program), 0o755);
  }
  await writeFile(join(archive, 'Packages'), '');

  const run = async (program: string, args: readonly string[]): Promise<string> =>
    (await runFile(join(root, 'usr/bin', program), args, { env: { ...process.env, LC_ALL: 'C' } })).stdout;
  const file = (name: string, version: string): string => join(archive, `${name}_${version}.deb`);

  return {
    run,
    file,
    refresh: async () => {
      await run('apt-get', ['--quiet=2', 'update']);
    },
    build: async ({ name, version, files, fields, postinst }) => {
      const tree = join(archive, 'tree');
      const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: test\nDescription: test\n${fields === undefined ? '' : `${fields}\n`}`;
      await mkdir(join(tree, 'DEBIAN'), { recursive: true, mode: 0o755 });
      await writeFile(join(tree, 'DEBIAN/control'), control);
      if (postinst !== undefined)
        await writeFile(join(tree, 'DEBIAN/postinst'), `#!/bin/sh\n${postinst}\n`, { mode: 0o755 });
      for (const [path, content] of Object.entries(files)) {
        await mkdir(join(tree, path, '..'), { recursive: true, mode: 0o755 });
        if (content.startsWith('->')) await symlink(content.slice(2), join(tree, path));
        else await writeFile(join(tree, path), content);
      }
      const deb = file(name, version);
      await runFile('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, deb]);
      await rm(tree, { recursive: true });
      const bytes = await readFile(deb);
      await appendFile(
        join(archive, 'Packages'),
        `${control}Filename: ./${name}_${version}.deb\nSize: ${bytes.length}\nSHA256: ${sha256Hex(bytes)}\n\n`,
      );
    },
  };
};
