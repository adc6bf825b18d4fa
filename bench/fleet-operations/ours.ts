// The four operations by Tearless, as one process from start to end: it connects, writes what differs, reloads systemd
// if anything did, and looks at the unit, on all hosts at once. Targets come as JSON on standard input.
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { type RenderedHelper, renderHelper } from 'tearless/host/helper/render-helper.ts';
import type { FileEntry, Host } from 'tearless/host/host.ts';
import { attributes, files, type Targets, unit, type Written } from './task.ts';

const isAsWanted = (entry: FileEntry | undefined, content: string): boolean =>
  entry?.type === 'file' &&
  entry.sha256 === createHash('sha256').update(content).digest('hex') &&
  entry.mode === attributes.mode &&
  entry.owner === attributes.owner &&
  entry.group === attributes.group;

const writeWhereItDiffers = async (host: Host, { path, content }: (typeof files)[number]): Promise<number> => {
  if (isAsWanted(await host.stat(path), content)) return 0;
  await host.write(path, content, attributes);
  return 1;
};

const operate = async (host: Host): Promise<number> => {
  const results = await Promise.all(files.map((file) => writeWhereItDiffers(host, file)));
  const written = results.reduce((sum, one) => sum + one, 0);
  if (written > 0) await host.reloadSystemd();
  const [state] = await host.units([unit]);
  if (state?.activeState !== 'active') throw new Error(`${host.name}: ${unit} is ${state?.activeState ?? 'unknown'}`);
  if (state.needDaemonReload) throw new Error(`${host.name}: systemd has not loaded the drop-in of ${unit}`);
  return written;
};

const operateAll = async ({ hosts }: Targets, helper: RenderedHelper): Promise<Written> => {
  const results = hosts.map(async ({ name, destination }) => {
    const host = createSshHost({ name, helper, destination });
    try {
      return [name, await operate(host)] as const;
    } finally {
      await host.close();
    }
  });
  return Object.fromEntries(await Promise.all(results));
};

const targets = JSON.parse(await text(process.stdin)) as Targets;
process.stdout.write(`${JSON.stringify(await operateAll(targets, renderHelper(helperScripts)))}\n`);
