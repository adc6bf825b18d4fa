// What a command writes: the result to stdout, everything else to stderr.
import type { JsonObject } from '../../base/json.ts';
import type { Terminal } from './io.ts';
import { createStyle, type Style } from './style.ts';

export interface Output {
  readonly json: boolean;
  /** True when progress may redraw the terminal. */
  readonly live: boolean;
  readonly style: Style;
  readonly errorStyle: Style;
  readonly columns: number;
  /** The command's result: one JSON object with `schema`, or the lines for people. */
  result(schema: string, value: JsonObject, lines: () => readonly string[]): void;
  /** One line of JSON on stdout while a long command runs; nothing unless --json. */
  event(value: JsonObject): void;
  /** A line for people on stderr. */
  note(line: string): void;
}

export interface OutputSettings {
  readonly json: boolean;
  readonly color: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const createOutput = (terminal: Terminal, settings: OutputSettings): Output => {
  const wantsColor = (stream: { readonly isTTY?: boolean }) =>
    settings.color ?? ((settings.env.NO_COLOR ?? '') === '' && (stream.isTTY ?? false) && settings.env.TERM !== 'dumb');
  const write = (text: string) => terminal.stdout.write(`${text}\n`);
  const style = createStyle(wantsColor(terminal.stdout));
  return {
    json: settings.json,
    live:
      !settings.json &&
      (terminal.stderr.isTTY ?? false) &&
      // A terminal whose size nobody has told says that it has none: there is nothing to draw on.
      terminal.stderr.rows !== 0 &&
      settings.env.TERM !== 'dumb' &&
      settings.env.CI === undefined,
    style,
    errorStyle: createStyle(wantsColor(terminal.stderr)),
    columns: terminal.stderr.columns || 100,
    result(schema, value, lines) {
      if (settings.json) write(JSON.stringify({ schema, ...value }));
      else for (const line of lines()) write(line);
    },
    event(value) {
      if (settings.json) write(JSON.stringify(value));
    },
    note(line) {
      terminal.stderr.write(`${line}\n`);
    },
  };
};
