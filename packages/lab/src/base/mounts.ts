// What is mounted where, in this process's mount namespace.
import { readFileSync } from 'node:fs';
import { tryRun } from './run.ts';

export type Mount = { path: string; type: string; superOptions: string[] };

const decodeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Parses /proc/PID/mountinfo (proc(5)), in the order in which the mounts were made. */
export const parseMounts = (text: string): Mount[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before, after] = line.split(' - ');
      const path = before?.split(' ')[4];
      const [type, , superOptions] = after?.split(' ') ?? [];
      if (path === undefined || type === undefined) throw new TypeError(`not a line of mountinfo: ${line}`);
      return { path: decodeOctal(path), type, superOptions: superOptions?.split(',') ?? [] };
    });

export const readMounts = (): Mount[] => parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));

export const isMounted = (path: string): boolean => readMounts().some((mount) => mount.path === path);

/** Unmounts everything at and below a folder, last mounted first; what is busy goes when its last user does. */
export const unmountBelow = async (folder: string): Promise<void> => {
  const below = readMounts().filter(({ path }) => path === folder || path.startsWith(`${folder}/`));
  for (const { path } of below.reverse()) {
    const result = await tryRun(['umount', path]);
    if (result.code !== 0 && isMounted(path)) await tryRun(['umount', '--lazy', path]);
  }
};
