// Configuration files whose text is read: torrcs, drop-ins, units that restart tor, cron tables. Mode, owner, size of each.
// Reads f_torrcs; leaves f_files.
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

/** Folders in which systemd looks for unit files, by priority, and what Debian uses of them (systemd.unit(5)). */
export const unitDirectories = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/run/systemd/system',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/run/systemd/generator.late',
] as const;

/** Longest text that is read of one file. */
export const fileTextBytes = 1024 * 1024;

/** Units by which people restart relays now and then, as the helper knows them too. */
const restartUnitPatterns = [
  'tor-restart*.timer',
  'tor-restart*.service',
  'restart-tor*.timer',
  'restart-tor*.service',
].map((pattern) => `/etc/systemd/system/${pattern}`);

/** True for files that those patterns found. */
export const isRestartUnit = (path: string): boolean =>
  /^\/etc\/systemd\/system\/(tor-restart|restart-tor)[^/]*\.(timer|service)$/.test(path);

export const fileStatus: Fact = {
  name: 'file-status',
  script: `f_files=\${f_torrcs-}
for f_path in ${unitDirectories
    .flatMap((directory) => ['tor@', 'tor@?*'].map((unit) => `${directory}/${unit}.service.d/*.conf`))
    .join(' ')} ${unitDirectories.map((directory) => `${directory}/service.d/*.conf`).join(' ')} \\
  /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/*; do
  case $f_path in *"$f_nl"*) continue ;; esac
  [ ! -f "$f_path" ] || f_files=$f_files\${f_files:+$f_nl}$f_path
done
for f_path in ${restartUnitPatterns.join(' ')}; do
  case $f_path in *"$f_nl"*) continue ;; esac
  [ -L "$f_path" ] || [ ! -f "$f_path" ] || f_files=$f_files\${f_files:+$f_nl}$f_path
done
[ -n "$f_files" ] || return 0
printf '%s\\n' "$f_files" | xargs -d '\\n' stat -L -c '%a %U:%u %G:%g %s %n' -- 2>/dev/null || [ "$?" -eq 123 ]`,
};

export interface FileStatus {
  readonly path: string;
  readonly mode: number;
  /** Name, or number where it has none. */
  readonly owner: string;
  readonly group: string;
  readonly sizeBytes: number;
}

const nameOrNumber = (name: string, number: string): string => (name === 'UNKNOWN' ? number : name);

/** `644 root:0 root:0 1204 /etc/tor/instances/a/torrc` */
export const parseFileStatus = (text: string): FileStatus[] =>
  linesOf('file-status', text).map((line) => {
    const [, mode, owner, uid, group, gid, size = '', path] =
      /^([0-7]{1,4}) ([^:]+):(\d+) ([^:]+):(\d+) (\d+) (\/.+)$/.exec(line.text) ?? [];
    const sizeBytes = parseCount(size);
    if (
      mode === undefined ||
      owner === undefined ||
      uid === undefined ||
      group === undefined ||
      gid === undefined ||
      sizeBytes === undefined ||
      path === undefined
    )
      throw unexpected('file-status', line, 'MODE OWNER:UID GROUP:GID SIZE PATH');
    return {
      path,
      mode: Number.parseInt(mode, 8),
      owner: nameOrNumber(owner, uid),
      group: nameOrNumber(group, gid),
      sizeBytes,
    };
  });
