// Which files each main process executes code from, from /proc/PID/maps (proc_pid_maps(5)): every distinct file once,
// and by number for each process. Reads f_pids; leaves f_objects.
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

export const mappedObjects: Fact = {
  name: 'mapped-objects',
  // Two files may share a path (one was replaced) or an inode (seen through two mounts): the three together tell them apart.
  script: `f_objects=
[ -n "\${f_pids-}" ] || return 0
f_objects=$(
  grep -sHE '^[0-9a-f]+-[0-9a-f]+ ..x. [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ [1-9][0-9]* +/' $(printf '/proc/%s/maps ' $f_pids) |
    awk '{
      pid = $0; sub(/^\\/proc\\//, "", pid); sub(/\\/.*/, "", pid)
      line = $0; sub(/^[^:]*:/, "", line)
      split(line, field, " ")
      key = field[4] " " field[5] " " substr(line, index(line, "/"))
      if (!(key in number)) {
        number[key] = ++count
        range = field[1]; sub(/^0+/, "", range); sub(/-0+/, "-", range)
        print "object " count " " pid " " range " " key
      }
      if (!((pid, key) in seen)) { seen[pid, key] = 1; members[pid] = members[pid] " " number[key] }
    }
    END { for (pid in members) print "process " pid members[pid] }'
)
[ -z "$f_objects" ] || printf '%s\\n' "$f_objects"`,
};

export interface MappedObject {
  /** A process that maps it, and where: /proc/PID/map_files/RANGE is the file itself, deleted or not. */
  readonly mapFile: string;
  /** Without the mark of deletion. */
  readonly path: string;
  /** True when the file that was mapped no longer lies at the path. */
  readonly deleted: boolean;
}

export interface MappedObjects {
  /** By process; the order is that of addresses. */
  readonly processes: ReadonlyMap<number, readonly MappedObject[]>;
  readonly objects: readonly MappedObject[];
}

const deletedMark = ' (deleted)';

// The kernel writes a line end in a path as \012.
const unescapePath = (path: string): string => path.replaceAll('\\012', '\n');

/**
 * ```
 * object 1 4711 7f25e1c28000-7f25e1d7d000 fe:00 1835 /usr/lib/x86_64-linux-gnu/libc.so.6
 * object 2 4711 7f25e2000000-7f25e2010000 fe:00 1901 /usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0 (deleted)
 * process 4711 1 2
 * ```
 */
export const parseMappedObjects = (text: string): MappedObjects => {
  const objects = new Map<string, MappedObject>();
  const processes = new Map<number, MappedObject[]>();
  for (const line of linesOf('mapped-objects', text)) {
    const object = /^object (\d+) ([1-9]\d*) ([0-9a-f]+-[0-9a-f]+) [0-9a-f]+:[0-9a-f]+ \d+ (\/.*)$/.exec(line.text);
    if (object !== null) {
      const [, number = '', pid = '', range = '', path = ''] = object;
      const deleted = path.endsWith(deletedMark);
      objects.set(number, {
        mapFile: `/proc/${pid}/map_files/${range}`,
        path: unescapePath(deleted ? path.slice(0, -deletedMark.length) : path),
        deleted,
      });
      continue;
    }
    const [, first = '', list = ''] = /^process ([1-9]\d*)((?: \d+)+)$/.exec(line.text) ?? [];
    const pid = parseCount(first);
    if (pid === undefined) throw unexpected('mapped-objects', line, 'object NUMBER … or process PID NUMBERS');
    processes.set(
      pid,
      list
        .trim()
        .split(' ')
        .map((number) => {
          const member = objects.get(number);
          if (member === undefined) throw unexpected('mapped-objects', line, 'numbers of objects above');
          return member;
        }),
    );
  }
  return { processes, objects: [...objects.values()] };
};
