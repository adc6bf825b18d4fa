// Commands from us to tor. control-spec §2.2. Pure encoding; what the commands are is in commands.ts.
import { encodeData } from './message.ts';
import { argumentError } from './problem.ts';
import { refuseControl } from './quoted.ts';

export interface Command {
  /** `GETINFO`. */
  readonly keyword: string;
  /** Already as on the wire (quoted where needed); joined with a space. */
  readonly args: readonly string[];
  /** Makes it a `+` command. LF or CRLF line ends; a last line without one gets one. */
  readonly data?: string;
  /** How errors name the command; default: keyword and arguments. Must be given where an argument is a secret. */
  readonly shown?: string;
  /** Texts that are cut out of tor's answer before it goes into an error. */
  readonly secrets?: readonly string[];
}

/**
 * @throws TorError `control-bad-argument` for anything that would make another command of it: CR, LF or NUL in an argument,
 * a CR without LF or a NUL in the data
 * @example
 * assert.equal(Buffer.from(encodeCommand({ keyword: 'GETINFO', args: ['version'] })).toString(), 'GETINFO version\r\n');
 */
export function encodeCommand(command: Command): Uint8Array {
  const { keyword, args, data } = command;
  if (!/^[A-Za-z_]+$/.test(keyword)) throw argumentError('a control-port command is a word of letters');
  for (const arg of args) refuseControl(arg);
  const line = [keyword, ...args].join(' ');
  if (data === undefined) return new Uint8Array(Buffer.from(`${line}\r\n`));
  if (/\r(?!\n)|\0/.test(data)) throw argumentError(`the data of ${keyword} has a CR without LF, or a NUL`);
  return new Uint8Array(Buffer.concat([Buffer.from(`+${line}\r\n`), encodeData(Buffer.from(data))]));
}

/** The name of a command for error texts; never holds a secret. */
export function showCommand(command: Command): string {
  if (command.shown !== undefined) return command.shown;
  const text = [command.keyword, ...command.args].join(' ');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/**
 * One unquoted argument, as is.
 * @throws TorError `control-bad-argument` when it is empty or has a space, a quote or a control character, so that tor would read it as something else
 */
export function word(text: string, what: string): string {
  if (!/^[^\s"\p{Cc}]+$/u.test(text)) {
    throw argumentError(`${what} must be one word without spaces, quotes and control characters`);
  }
  return text;
}
