// Takes jobs out of a table of cron, line by line as they were seen; every other byte stays. Undone, the helper puts the table
// back that it kept itself: no line is ever written that did not stand there.
import { z } from 'zod';
import { sha256Hex } from '../../base/json.ts';
import type { Host } from '../../host/host.ts';
import { ChangeError } from '../change-error.ts';
import type { StepKind } from '../step.ts';
import { driftError, Sha256 } from './file-state.ts';

export const CronCutParams = z.object({
  path: z.string().startsWith('/'),
  /** Jobs that go, as they stand. */
  lines: z.array(z.object({ line: z.number().int().positive(), text: z.string() })).min(1),
  /** SHA-256 of the table when it was planned. */
  expects: Sha256,
});
export type CronCutParams = z.infer<typeof CronCutParams>;

const CronMemory = z.object({ contentBase64: z.base64(), sha256: Sha256, afterSha256: Sha256 });
type CronMemory = z.infer<typeof CronMemory>;

const newline = 0x0a;

/** The table without these lines, its other bytes untouched; undefined where one of them does not stand there. */
export const cutLines = (table: Uint8Array, lines: CronCutParams['lines']): Uint8Array | undefined => {
  const wanted = new Map(lines.map(({ line, text }) => [line, text]));
  const kept: Uint8Array[] = [];
  let found = 0;
  let start = 0;
  for (let number = 1; start < table.length; number += 1) {
    const at = table.indexOf(newline, start);
    const end = at === -1 ? table.length : at + 1;
    const bytes = table.subarray(start, end);
    const text = wanted.get(number);
    if (text !== undefined && Buffer.from(bytes).toString('utf8').replace(/\n$/, '') === text) found += 1;
    else kept.push(bytes);
    start = end;
  }
  return found === wanted.size ? Buffer.concat(kept) : undefined;
};

const readTable = async (host: Host, path: string): Promise<Uint8Array> =>
  (await host.call('cron-read', { args: [path] })).stdout;

const holds = (table: Uint8Array, { lines }: CronCutParams): boolean => {
  const texts = new Set(Buffer.from(table).toString('utf8').split('\n'));
  return lines.every(({ text }) => !texts.has(text));
};

export const cronCut: StepKind<CronCutParams, CronMemory> = {
  kind: 'cron.cut',
  role: 'state',
  params: CronCutParams,
  memory: CronMemory,

  check: async ({ host }, params) => holds(await readTable(host, params.path), params),

  remember: async ({ host }, params) => {
    const table = await readTable(host, params.path);
    const after = cutLines(table, params.lines);
    if (sha256Hex(table) !== params.expects || after === undefined) throw driftError(host, params.path, true);
    return {
      contentBase64: Buffer.from(table).toString('base64'),
      sha256: sha256Hex(table),
      afterSha256: sha256Hex(after),
    };
  },

  do: async ({ host }, { path, lines }, memory) => {
    const table = await readTable(host, path);
    if (sha256Hex(table) === memory.afterSha256) return;
    const after = cutLines(Buffer.from(memory.contentBase64, 'base64'), lines);
    if (sha256Hex(table) !== memory.sha256 || after === undefined) throw driftError(host, path, true);
    await host.call('cron-cut', { args: [path, memory.sha256], input: after });
  },

  verify: async ({ host }, { path, lines }, memory) => {
    const sha256 = sha256Hex(await readTable(host, path));
    if (sha256 === memory.afterSha256) return { path, sha256, removedLines: lines.map(({ line }) => line) };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-file-unproven',
      place: 'host',
      message: `${host.name}: ${path} does not hold what was just written`,
      hint: 'something else writes this table; find out what',
      subject: `${host.name}:${path}`,
    });
  },

  undo: async ({ host }, { path }, { sha256, afterSha256 }) => {
    const now = sha256Hex(await readTable(host, path));
    if (now === sha256) return;
    if (now !== afterSha256) throw driftError(host, path, true);
    await host.call('cron-restore', { args: [path, sha256, afterSha256] });
  },
};
