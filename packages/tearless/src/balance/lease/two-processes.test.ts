// Two balancers as processes on one store: killed, stopped, ended; and a server that goes away. What they would publish is
// lines here; test/integration has real ones.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, afterEach, before, describe, it } from 'node:test';
import { openStore } from '../../store/store.ts';
import { startPostgres, type TestPostgres } from '../../store/testing/postgres.ts';
import { readLeaders } from './lease-room.ts';

type Publisher = ChildProcessByStdio<null, Readable, null>;

interface Line {
  readonly name: string;
  readonly state?: string;
  readonly counter?: number;
  readonly atMs?: number;
  readonly trouble?: string;
}

/** What all processes said, in the order in which it came. */
let lines: Line[] = [];
let heard: (() => void)[] = [];
const children: Publisher[] = [];

const begin = (...words: readonly [name: string, place: string, where?: 'elsewhere']): Publisher => {
  const script = join(import.meta.dirname, 'testing', 'publisher.ts');
  const argv = ['--disable-warning=ExperimentalWarning', script, ...words.filter((word) => word !== undefined)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const hear of heard.splice(0)) hear();
  });
  return child;
};

/** Waits for a line from now on. */
const hear = async (what: (line: Line) => boolean): Promise<Line> => {
  for (let at = lines.length; ; ) {
    for (; at < lines.length; at += 1) {
      const line = lines[at];
      if (line !== undefined && what(line)) return line;
    }
    await new Promise<void>((resolve) => heard.push(resolve));
  }
};
const published = (name: string) => (line: Line) => line.name === name && line.counter !== undefined;
const says = (name: string, state: string) => (line: Line) => line.name === name && line.state === state;

const end = async (child: Publisher, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  if (signal === 'SIGKILL') child.kill('SIGCONT');
  await exit;
};

/** Each process publishes above all that were published before, and never between two of another's. */
const checkPublished = (): void => {
  const all = lines.flatMap(({ name, counter, atMs }) =>
    counter === undefined ? [] : [{ name, counter, atMs: atMs ?? 0 }],
  );
  const inTime = [...all].sort((a, b) => a.atMs - b.atMs || a.counter - b.counter);
  for (const [at, line] of inTime.entries()) {
    const before = inTime[at - 1];
    assert.ok(before === undefined || before.counter < line.counter, JSON.stringify([before, line]));
  }
};

describe('two balancers on one store', { timeout: 15 * 60_000 }, () => {
  let folder: string;
  let postgres: TestPostgres;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-lease-'));
    postgres = await startPostgres();
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => end(child, 'SIGKILL')));
    [lines, heard] = [[], []];
  });
  after(async () => {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const onPostgres = (): string => {
    const { at } = postgres.makeDatabase();
    return `postgresql://tearless@/${at.database}?host=${postgres.folder}&port=${postgres.port}`;
  };

  /** Two of them, the first of which leads. */
  const beginTwo = async (place: string, where?: 'elsewhere'): Promise<readonly [Publisher, Publisher]> => {
    const words = where === undefined ? ([] as const) : ([where] as const);
    const leads = hear(published('a'));
    const a = begin('a', place, ...words);
    await leads;
    const waits = hear(says('b', 'standby'));
    const b = begin('b', place, ...words);
    await waits;
    return [a, b];
  };

  it('on one machine: the second leads when the first is killed, and another process reads meanwhile who leads', async () => {
    const path = join(folder, 'state.db');
    const [a] = await beginTwo(path);
    {
      await using store = await openStore(path);
      const leader = (await readLeaders(store)).get('x.onion');
      assert.ok(leader?.isAlive && leader.who.endsWith(`(process ${a.pid})`), JSON.stringify(leader));
    }
    const leads = hear(published('b'));
    await end(a, 'SIGKILL');
    await leads;
    checkPublished();
  });

  it('on two machines: the second leads when the first is killed, and the first is its standby when it comes back', async () => {
    const place = onPostgres();
    const [a] = await beginTwo(place, 'elsewhere');
    const leads = hear(published('b'));
    await end(a, 'SIGKILL');
    await leads;
    const waits = hear(says('a', 'standby'));
    begin('a', place, 'elsewhere');
    await waits;
    checkPublished();
  });

  it('one that was stopped while the other took over publishes nothing when it goes on', async () => {
    const [a] = await beginTwo(onPostgres(), 'elsewhere');
    const leads = hear(published('b'));
    a.kill('SIGSTOP');
    await leads;
    const waits = hear(says('a', 'standby'));
    a.kill('SIGCONT');
    await waits;
    await hear(published('b'));
    checkPublished();
    assert.equal(lines.findLast(({ counter }) => counter !== undefined)?.name, 'b');
  });

  it('one that ends hands over', async () => {
    const place = onPostgres();
    const [a] = await beginTwo(place, 'elsewhere');
    const leads = hear(published('b'));
    await end(a, 'SIGTERM');
    await leads;
    assert.equal(a.exitCode, 0);
    checkPublished();
  });

  it('a server that goes away makes the leader stop in time, and one of them leads when it is back', async () => {
    await beginTwo(onPostgres(), 'elsewhere');
    const warned = hear(says('a', 'unreachable'));
    const troubled = hear(({ trouble }) => trouble !== undefined);
    await postgres.halt();
    await warned;
    assert.equal((await troubled).trouble, 'store-unreachable');
    await postgres.start();
    await hear(({ counter }) => counter !== undefined);
    checkPublished();
  });
});
