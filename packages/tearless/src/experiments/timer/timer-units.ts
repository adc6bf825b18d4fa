// The systemd units of what runs by itself on the operator's machine (systemd.timer(5), systemd.time(7)). Pure:
// the CLI writes them. Each names its own hash, so that a unit that somebody changed is never overwritten or removed.
import { sha256Hex } from '../../base/json.ts';

export interface TimerUnits {
  /** Without `.service` and `.timer`. */
  readonly name: string;
  readonly service: string;
  readonly timer: string;
}

export interface TimerCommand {
  /** Without `.service` and `.timer`. */
  readonly name: string;
  /** For people: what is done. */
  readonly description: string;
  /** Of `calendarOf` or `instantOf` (systemd.time(7)). */
  readonly calendar: string;
  /** Program and arguments; the program's path is absolute. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What else the service's section says. */
  readonly service: readonly string[];
  /** What else the timer's section says. */
  readonly timer: readonly string[];
}

/**
 * When systemd shall start it, in UTC: every whole multiple of the interval since midnight.
 * @returns undefined for an interval that does not divide a minute, an hour or a day
 * @example calendarOf(300_000) === '*-*-* *:00/5:00 UTC'
 */
export const calendarOf = (everyMs: number): string | undefined => {
  const seconds = everyMs / 1000;
  if (!Number.isInteger(seconds) || seconds < 1) return undefined;
  const minutes = seconds / 60;
  const hours = minutes / 60;
  if (seconds < 60) return 60 % seconds === 0 ? `*-*-* *:*:00/${seconds} UTC` : undefined;
  if (minutes < 60) return Number.isInteger(minutes) && 60 % minutes === 0 ? `*-*-* *:00/${minutes}:00 UTC` : undefined;
  if (hours === 24) return '*-*-* 00:00:00 UTC';
  return Number.isInteger(hours) && 24 % hours === 0 ? `*-*-* 00/${hours}:00:00 UTC` : undefined;
};

/** One instant, to the second. @example instantOf(0) === '1970-01-01 00:00:00 UTC' */
export const instantOf = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A word of a unit's command or environment (systemd.syntax(7) "Quoting"): specifiers and variables stay as they are. */
const quote = (word: string): string => `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;

/** `$` begins a variable in a command only. */
const quoteArgument = (word: string): string => quote(word).replaceAll('$', '$$$$');

const header = '# Made by tearless, which takes it away unless somebody changes it. sha256 of what follows: ';

const sign = (text: string): string => `${header}${sha256Hex(text)}\n${text}`;

/** Whether a unit's text is one of ours, and as we wrote it. */
export const isOwnUnit = (text: string): boolean => {
  if (!text.startsWith(header)) return false;
  const lineEnd = text.indexOf('\n');
  return text.slice(header.length, lineEnd) === sha256Hex(text.slice(lineEnd + 1));
};

export const renderTimerUnits = (command: TimerCommand): TimerUnits => {
  const more = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  const environment = Object.entries(command.environment).map(([name, value]) => quote(`${name}=${value}`));
  return {
    name: command.name,
    service: sign(`[Unit]
Description=Tearless: ${command.description.replaceAll('%', '%%')}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
UMask=0077
${environment.map((word) => `Environment=${word}\n`).join('')}ExecStart=${command.argv.map(quoteArgument).join(' ')}
${more(command.service)}`),
    timer: sign(`[Unit]
Description=Tearless: ${command.description.replaceAll('%', '%%')}

[Timer]
OnCalendar=${command.calendar}
AccuracySec=1s
${more(command.timer)}
[Install]
WantedBy=timers.target
`),
  };
};
