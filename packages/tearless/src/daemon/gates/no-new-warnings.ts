// `tor.no-new-warnings`: since its start the process has logged no warning that it did not log before. From the journal where we
// may read it (group `adm` or `systemd-journal`); else errors alone, listened for on the control port while the gate is read.
import { z } from 'zod';
import type { JsonObject } from '../../base/json.ts';
import type { GateKind, GateReading, StepContext } from '../../change/step.ts';
import { withControl } from '../control.ts';
import { instancePaths } from '../instance.ts';
import { Instance } from '../params.ts';
import { type InstanceState, readInstanceState } from '../process.ts';
import { failed, orWaiting, passed, waiting } from './reading.ts';

const Params = z.object({
  instance: Instance,
  /** How long the process must have had the chance to warn. */
  soakMs: z.number().min(0),
  /** How far back a warning counts as known. */
  knownDays: z.number().gt(0),
});
type Params = z.output<typeof Params>;

/**
 * Warnings of the unit from $3 up to $2 (seconds since 1970), a line of its own, those since. Exit 3: not ours to read. That is
 * told by what is missing: systemd itself noted the start, and journalctl says nothing when it shows a login only what is its own.
 */
const script = `
unit=$1 start=$2 since=$3
read_journal() { LC_ALL=C journalctl --unit "$unit" --output cat --no-pager --quiet "$@"; }
[ -n "$(read_journal --since "@$start" --lines 1 2>/dev/null)" ] || exit 3
read_journal --priority warning --since "@$since" --until "@$start"
echo '-- tearless: since the start --'
read_journal --priority warning --since "@$start"
`;
const separator = '-- tearless: since the start --\n';

/** Two warnings are the same when they only differ in numbers, addresses and fingerprints. */
const shapeOf = (line: string): string =>
  line
    .replace(/\$?[0-9A-F]{40}(?:[~=]\w+)?/g, '<relay>')
    .replace(/\[?[0-9a-f]*:[0-9a-f:]+\]?/gi, '<address>')
    .replace(/\d+/g, '#');

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('-- '));

/** Warnings since the start whose like was not there before; undefined when the journal is not ours to read. */
const readJournal = async (
  { host, signal }: StepContext,
  unit: string,
  startMs: number,
  knownDays: number,
): Promise<string[] | undefined> => {
  const args = [unit, (startMs / 1000).toFixed(3), (startMs / 1000 - knownDays * 86_400).toFixed(3)];
  const { exitCode, stdout } = await host.run(script, { args, signal });
  const [before, since] = Buffer.from(stdout).toString().split(separator);
  if (exitCode !== 0 || before === undefined || since === undefined) return undefined;
  const known = new Set(lines(before).map(shapeOf));
  return lines(since).filter((line) => !known.has(shapeOf(line)));
};

const listenMs = 5_000;

/** What tor says at severity ERR in the next seconds. */
const listen = (context: StepContext, instance: string): Promise<readonly string[]> =>
  withControl(context, instance, async (controller) => {
    const heard: string[] = [];
    const events = controller.events('ERR');
    const hear = async (): Promise<void> => {
      for await (const event of events) heard.push(event.text);
    };
    const wait = async (): Promise<void> => {
      await events.ready;
      await context.clock.sleep(listenMs, context.signal);
    };
    await Promise.all([hear(), wait().finally(() => events[Symbol.asyncDispose]())]);
    return heard;
  });

const judge = (state: InstanceState, soakMs: number, found: readonly string[], source: string): GateReading => {
  const evidence: JsonObject = { source, warnings: found.slice(0, 20) };
  const [first] = found;
  if (first !== undefined) return failed(`${found.length} new: ${first}`, evidence);
  const ageMs = state.process?.ageMs ?? 0;
  return ageMs >= soakMs
    ? passed('nothing new in the log', evidence)
    : waiting('nothing new in the log so far', evidence);
};

export const noNewWarningsGate: GateKind<Params> = {
  kind: 'tor.no-new-warnings',
  params: Params,
  read: async (context, { instance, soakMs, knownDays }) => {
    const state = await readInstanceState(context, instance);
    if (state.process === undefined) return waiting(`${state.unit.unit} has no process`);
    const found = await readJournal(context, instancePaths(instance).unit, state.process.startMs, knownDays);
    if (found !== undefined) return judge(state, soakMs, found, 'journal');
    // Debian's tor opens its control socket a moment after systemd has called it active.
    const heard = await orWaiting(instance, () => listen(context, instance));
    if ('state' in heard) return heard;
    return judge(state, soakMs, heard, 'control port: errors only, the journal is not readable');
  },
};
