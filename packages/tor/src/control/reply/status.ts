// Whether tor did what it was asked, and the error when not. control-spec §4.
import { TorError, type TorErrorCode, type TorErrorKind } from '../../error.ts';
import { type Command, showCommand } from '../command.ts';
import { codeOf, type Message } from '../message.ts';

interface Meaning {
  kind: TorErrorKind;
  code: TorErrorCode;
  hint?: string;
}

const meanings: Readonly<Record<number, Meaning>> = {
  451: { kind: 'failed', code: 'control-resource-exhausted' },
  500: { kind: 'refused', code: 'control-syntax-error' },
  510: { kind: 'refused', code: 'control-unrecognized-command', hint: 'this tor may be too old for it' },
  511: { kind: 'refused', code: 'control-unimplemented-command' },
  512: { kind: 'refused', code: 'control-syntax-error' },
  513: { kind: 'refused', code: 'control-unrecognized-argument' },
  514: { kind: 'denied', code: 'control-authentication-required' },
  515: { kind: 'denied', code: 'control-bad-authentication', hint: 'check the cookie file or the password' },
  550: { kind: 'failed', code: 'control-tor-error' },
  551: { kind: 'failed', code: 'control-internal-error' },
  552: { kind: 'refused', code: 'control-unrecognized-entity' },
  553: { kind: 'refused', code: 'control-invalid-configuration' },
  554: { kind: 'refused', code: 'control-invalid-descriptor' },
  555: { kind: 'refused', code: 'control-unmanaged-entity' },
};

/**
 * Gives the reply back when its status is 2yz.
 * @throws TorError with tor's words, without the secrets of the command; kind and code by status
 */
export function requireOk(reply: Message, command: Command): Message {
  const status = codeOf(reply);
  if (status >= 200 && status < 300) return reply;
  throw statusError(reply, command);
}

/** The error of a reply that says no. */
export function statusError(reply: Message, command: Command): TorError {
  const status = codeOf(reply);
  const meaning = meanings[status] ?? { kind: status < 500 ? 'failed' : 'refused', code: `control-status-${status}` };
  const words = reply.lines.map((line) => line.text).join('; ');
  const text = (command.secrets ?? []).reduce(
    (text, secret) => (secret === '' ? text : text.replaceAll(secret, '[sensitive]')),
    words,
  );
  return new TorError(`${showCommand(command)}: tor answered ${status} ${text}`, {
    kind: meaning.kind,
    code: meaning.code,
    place: 'tor',
    hint: meaning.hint,
    retryable: status < 500,
  });
}
