// What travels on a remote command's standard input: its arguments, then its payload. Pure. Command lines stay constant.
import { HostError } from './host-error.ts';

/** Reads a program's length and then the program from standard input, and leaves the rest of it to the program. */
export const bootCommand = `exec sh -c 'IFS= read -r n && eval "$(head -c "$n")"'`;

const encoder = new TextEncoder();

/** @throws HostError `host-argument-bad` where a value cannot stand on a line of its own. */
export const checkArguments = (host: string, values: readonly string[]): void => {
  for (const [index, value] of values.entries()) {
    if (!/[\0\n]/.test(value) && value.isWellFormed()) continue;
    throw new HostError({
      kind: 'usage',
      code: 'host-argument-bad',
      message: `${host}: argument ${index + 1} holds a newline, a NUL or half a character`,
      hint: 'send such content as input, not as an argument',
      place: 'local',
      subject: host,
    });
  }
};

const concat = (parts: readonly (string | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part)));

/** The program as `bootCommand` takes it: its length in bytes on a line, then itself. */
const encodeProgram = (text: string): string => `${encoder.encode(text).length}\n${text}`;

const readArguments = `LC_ALL=C; export LC_ALL
IFS= read -r tearless_n || exit 74
set --
while [ "$tearless_n" -gt 0 ]; do
IFS= read -r tearless_a || exit 74
set -- "$@" "$tearless_a"
tearless_n=$((tearless_n - 1))
done
unset tearless_n tearless_a
`;

/** Input for `bootCommand`: the script finds `args` as its positional parameters and `input` on standard input. */
export const encodeScript = (script: string, args: readonly string[], input: string | Uint8Array): Uint8Array =>
  concat([encodeProgram(readArguments + script), `${args.length}\n`, ...args.map((arg) => `${arg}\n`), input]);

export interface HelperRequest {
  /** Version of the helper that the caller was built for. */
  readonly version: string;
  readonly verb: string;
  readonly args: readonly string[];
  readonly input: string | Uint8Array;
}

/** Input for an installed helper: `tearless VERSION INPUT_BYTES COUNT`, the verb, its arguments, then the payload. */
export const encodeHelperRequest = ({ version, verb, args, input }: HelperRequest): Uint8Array => {
  const payload = typeof input === 'string' ? encoder.encode(input) : input;
  const values = [verb, ...args];
  const header = `tearless ${version} ${payload.length} ${values.length}\n`;
  return concat([header, ...values.map((value) => `${value}\n`), payload]);
};

/** Input for `bootCommand` where no helper is installed: the helper's own text goes first. */
export const encodeCarriedRequest = (helperText: string, request: HelperRequest): Uint8Array =>
  concat([encodeProgram(helperText), encodeHelperRequest(request)]);
