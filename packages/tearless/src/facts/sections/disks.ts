// Local file systems that hold files. Network file systems are left out: one that hangs would hang the whole reading.
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

export const disks: Fact = {
  name: 'disks',
  script:
    'df -l -B1 -x tmpfs -x devtmpfs -x squashfs -x efivarfs -x ramfs --output=size,avail,target || [ "$?" -eq 1 ]',
};

export interface Disk {
  readonly mount: string;
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/**
 * ```
 *    1B-blocks        Avail Mounted on
 * 270553038848  85718503424 /
 * ```
 */
export const parseDisks = (text: string): Disk[] => {
  const lines = linesOf('disks', text);
  if (lines[0] !== undefined && !/^\s*1B-blocks\s+Avail\s+Mounted on\s*$/.test(lines[0].text))
    throw unexpected('disks', lines[0], 'the heading 1B-blocks Avail Mounted on');
  const found = lines.slice(1).map((line) => {
    const [, total = '', available = '', mount] = /^ *(\d+) +(\d+) (\/.*)$/.exec(line.text) ?? [];
    const totalBytes = parseCount(total);
    const availableBytes = parseCount(available);
    if (totalBytes === undefined || availableBytes === undefined || mount === undefined)
      throw unexpected('disks', line, 'SIZE AVAILABLE MOUNT');
    return { mount, totalBytes, availableBytes };
  });
  // Below /run nothing is kept; containers mount single files of their host there.
  return found.filter(({ mount }) => !mount.startsWith('/run/'));
};
