// A host's file system: a size-limited memory disk with what the host wrote, laid over the shared root file system.
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { isMounted } from '../base/mounts.ts';
import { run } from '../base/run.ts';
import { hostPaths, type LabHost } from './host-record.ts';

/** Escapes a path for an option of overlayfs, which splits at commas and colons. */
export const escapeOverlayPath = (path: string): string => path.replace(/[\\:,]/g, (character) => `\\${character}`);

/** Mounts a host's disk and root; they stay over stops, starts and reboots of the host until the lab goes down. */
export const mountDisk = async (host: LabHost): Promise<void> => {
  const { disk, root } = hostPaths(host.lab, host.name);
  if (isMounted(root)) return;
  const [upper, work] = [join(disk, 'upper'), join(disk, 'work')];
  const label = `tl-${host.lab}.${host.name}`;
  mkdirSync(disk, { recursive: true });
  mkdirSync(root, { recursive: true });
  await run(['mount', '-t', 'tmpfs', '-o', `size=${host.diskBytes},mode=755`, label, disk]);
  mkdirSync(upper, { mode: 0o755 });
  mkdirSync(work);
  const [lowerdir, upperdir, workdir] = [host.rootfs, upper, work].map(escapeOverlayPath);
  const layers = `lowerdir=${lowerdir},upperdir=${upperdir},workdir=${workdir}`;
  await run(['mount', '-t', 'overlay', '-o', layers, label, root]);
};

const resize = (host: LabHost, bytes: number): Promise<string> =>
  run(['mount', '-o', `remount,size=${bytes}`, hostPaths(host.lab, host.name).disk]);

/** How often a full disk is looked at again when the host wrote meanwhile. */
const fillAttempts = 20;

/**
 * Makes the host's disk full: shrinks it to what it holds, so that the next page fails with ENOSPC. Costs no memory.
 * @param spareBytes what may still be written
 */
export const fillDisk = async (host: LabHost, spareBytes = 0): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const { bsize, blocks, bfree } = statfsSync(hostPaths(host.lab, host.name).disk);
    try {
      await resize(host, (blocks - bfree) * bsize + spareBytes);
      return;
    } catch (error) {
      // What the host wrote in between is more than the new size: the kernel refuses that.
      if (attempt === fillAttempts) throw error;
    }
  }
};

/** Gives the host its disk's full size again. */
export const healDisk = async (host: LabHost): Promise<void> => {
  await resize(host, host.diskBytes);
};
