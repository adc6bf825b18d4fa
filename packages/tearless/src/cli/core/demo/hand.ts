// A person's hand on the fleet of a lab: edits its configuration, types commands, watches runs.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import type { JsonObject } from '../../../base/json.ts';
import type { RunEvent } from '../../../change/event.ts';
import type { Plan } from '../../../change/plan.ts';
import type { RelayView } from '../../../relays/relay-view.ts';
import { CliError } from '../cli-error.ts';
import { foldEvent, startView } from '../render/run-view.ts';
import { openInnerCli } from './inner-cli.ts';
import type { SceneContext } from './scene.ts';

/** How the relays stand at one moment. */
export interface FleetReading {
  /** Proportional set sizes, in bytes. */
  readonly totalBytes: number;
  readonly bytes: ReadonlyMap<string, number>;
  /** What each process has loaded. */
  readonly allocators: ReadonlyMap<string, string>;
}

export interface ConductedRun {
  readonly run: string;
  readonly outcome: string;
}

export interface Hand {
  /** The configuration as it stands. */
  read(): Promise<Document>;
  /** Declares something of the fleet, as in an editor. */
  declare(change: (document: Document) => void): Promise<void>;
  plan(file: string): Promise<Plan>;
  /** Types a command that runs something, and watches it. */
  conduct(plan: Plan, words: readonly string[], onEvent?: (event: RunEvent) => void): Promise<ConductedRun>;
  readFleet(): Promise<FleetReading>;
}

const failure = (words: readonly string[], result: JsonObject): CliError => {
  const { error } = result as { error?: { message?: string; hint?: string } };
  return new CliError({
    kind: 'failed',
    code: 'demo-command-failed',
    message: `tearless ${words.join(' ')}: ${error?.message ?? 'gave no result'}`,
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
  });
};

/** @param onEvent told of every event of every run, with the time */
export const openHand = (
  { command, stage }: SceneContext,
  configPath: string,
  onEvent: (event: RunEvent, atMs: number) => void,
): Hand => {
  const { clock } = command.surroundings;
  const directory = dirname(configPath);
  const cli = openInnerCli(command, { directory, stateHome: join(directory, 'state') });
  const read = async () => parseDocument(await readFile(configPath, 'utf8')) as Document;
  return {
    read,
    async declare(change) {
      const document = await read();
      change(document);
      await writeFile(configPath, document.toString({ lineWidth: 0 }));
    },
    async plan(file) {
      const words = ['plan', '--out', file];
      const { exitCode, result } = await cli.run(words);
      if (exitCode !== 0) throw failure(words, result);
      return result as unknown as Plan;
    },
    async conduct(plan, words, listen = () => {}) {
      let view = startView(plan, clock.now());
      const { result } = await cli.run(words, (value) => {
        const event = value as unknown as RunEvent;
        onEvent(event, clock.now());
        view = foldEvent(view, event, clock.now());
        stage.showRun(view);
        listen(event);
      });
      if (result.outcome === undefined) throw failure(words, result);
      return { run: String(result.run), outcome: String(result.outcome) };
    },
    async readFleet() {
      const words = ['relay', 'status'];
      const { result } = await cli.run(words);
      if (result.relays === undefined) throw failure(words, result);
      const relays = result.relays as unknown as readonly Pick<RelayView, 'id' | 'loaded' | 'memory'>[];
      const bytes = new Map(relays.map(({ id, memory }) => [id, memory?.pssBytes ?? 0]));
      return {
        totalBytes: [...bytes.values()].reduce((sum, each) => sum + each, 0),
        bytes,
        allocators: new Map(relays.map(({ id, loaded }) => [id, loaded?.name ?? 'none'])),
      };
    },
  };
};
