// Which drop-ins apply to a unit, and in which order (systemd.unit(5)).
import type { FileFacts } from './observed.ts';
import { unitDirectories } from './sections/file-status.ts';

/** `tor@a-b.service` also takes the drop-ins of `tor@a-.service`, of the template, and of all services. */
export const dropInFolders = (unit: string): string[] => {
  const [, template, instance] = /^([^@]+@)(.+)\.service$/.exec(unit) ?? [];
  if (template === undefined || instance === undefined) return [`${unit}.d`, 'service.d'];
  const prefixes = [...instance.matchAll(/-/g)].map(({ index }) => instance.slice(0, index + 1)).reverse();
  const names = [instance, ...prefixes.filter((prefix) => prefix !== instance), ''];
  return [...names.map((name) => `${template}${name}.service.d`), 'service.d'];
};

/**
 * The drop-ins among the files that apply, in systemd's order: by file name, wherever each lies. Of several with one
 * name the one in the more particular folder counts, then the one in the directory of higher priority.
 */
export const dropInsOf = (unit: string, files: Iterable<FileFacts>): FileFacts[] => {
  const ranks = new Map<string, number>();
  for (const folder of dropInFolders(unit))
    for (const directory of unitDirectories) ranks.set(`${directory}/${folder}`, ranks.size);
  const chosen = new Map<string, { readonly rank: number; readonly file: FileFacts }>();
  for (const file of files) {
    const slash = file.path.lastIndexOf('/');
    const rank = ranks.get(file.path.slice(0, slash));
    const name = file.path.slice(slash + 1);
    if (rank === undefined || !name.endsWith('.conf')) continue;
    const other = chosen.get(name);
    if (other === undefined || rank < other.rank) chosen.set(name, { rank, file });
  }
  return [...chosen.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { file }]) => file);
};
