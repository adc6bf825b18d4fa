// What travels on a remote command's standard input, and how its answers end. Pure. Command lines stay constant.
import { helperPath } from './helper/render-helper.ts';
import { HostError } from './host-error.ts';

/** Reads a program's length and then the program from standard input, and leaves the rest of it to the program. */
export const bootCommand = `exec sh -c 'IFS= read -r n && eval "$(head -c "$n")"'`;

/** The helper of an enrolled host, through sudo. Constant: what is asked travels on standard input. */
export const sudoCommand = `exec env LC_ALL=C sudo -n -- ${helperPath}`;

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

type Bytes = string | Uint8Array;

const concat = (parts: readonly Bytes[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part)));

const sizeOf = (part: Bytes): number => (typeof part === 'string' ? encoder.encode(part).length : part.length);

const lines = (values: readonly string[]): string => values.map((value) => `${value}\n`).join('');

/** The program as `bootCommand` takes it: its length in bytes on a line, then itself. */
export const encodeProgram = (text: string): string => `${sizeOf(text)}\n${text}`;

const readArguments = `set --
while [ "$tearless_n" -gt 0 ]; do
IFS= read -r tearless_a || exit 74
set -- "$@" "$tearless_a"
tearless_n=$((tearless_n - 1))
done
`;

/** Input for `bootCommand`: one script, which finds `args` as its positional parameters and `input` on standard input. */
export const encodeScript = (script: string, args: readonly string[], input: Bytes): Uint8Array =>
  concat([
    encodeProgram(`LC_ALL=C; export LC_ALL\nIFS= read -r tearless_n || exit 74\n${readArguments}${script}`),
    `${args.length}\n`,
    lines(args),
    input,
  ]);

/**
 * A program for `bootCommand` that runs one script after the other, each in a shell of its own with its arguments and
 * exactly its input. What it says stands on both streams between a line with the request's nonce and the shell's process
 * id, and an empty line and one with the nonce and the exit status: it cannot contain a nonce drawn after it was written.
 */
export const scriptLoop = `LC_ALL=C; export LC_ALL
while IFS=' ' read -r tearless_nonce tearless_size tearless_input tearless_n; do
tearless_script=$(head -c "$tearless_size") || exit 74
${readArguments}printf '%s %s\\n' "$tearless_nonce" "$$"
printf '%s %s\\n' "$tearless_nonce" "$$" >&2
if [ "$tearless_input" -eq 0 ]; then
(eval "$tearless_script") </dev/null
else
head -c "$tearless_input" | { (eval "$tearless_script"); tearless_status=$?; cat >/dev/null; exit "$tearless_status"; }
fi
tearless_status=$?
printf '\\n%s %s\\n' "$tearless_nonce" "$tearless_status"
printf '\\n%s %s\\n' "$tearless_nonce" "$tearless_status" >&2
done
`;

/** A request for `scriptLoop`. */
export const encodeScriptRequest = (nonce: string, script: string, args: readonly string[], input: Bytes): Uint8Array =>
  concat([`${nonce} ${sizeOf(script)} ${sizeOf(input)} ${args.length}\n`, script, lines(args), input]);

export interface HelperRequest {
  /** Version of the helper that the caller was built for. */
  readonly version: string;
  readonly verb: string;
  readonly args: readonly string[];
  readonly input: Bytes;
  /** 32 hexadecimal digits that end the answer; without them the helper takes one request only. */
  readonly nonce?: string;
}

/** `tearless VERSION INPUT_BYTES COUNT [NONCE]`, the verb, its arguments, then the payload. */
export const encodeHelperRequest = ({ version, verb, args, input, nonce }: HelperRequest): Uint8Array => {
  const header = ['tearless', version, sizeOf(input), args.length + 1, ...(nonce === undefined ? [] : [nonce])];
  return concat([`${header.join(' ')}\n`, lines([verb, ...args]), input]);
};
