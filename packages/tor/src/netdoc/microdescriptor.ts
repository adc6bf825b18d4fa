// Microdescriptors: what clients need of a relay's descriptor, named by their SHA-256. dir-spec §3.3; `family-ids` is
// from proposal 321 "Better performance and usability for the MyFamily option".
import { hash } from 'node:crypto';
import { parseAddressPort, parseBase64Digest, parseBase64Key, parseTime } from './fields.ts';
import { type PortPolicy, parsePortPolicy } from './port-policy.ts';
import { NetdocReader, netdocError } from './reader.ts';
import { splitWords } from './router-status.ts';

export interface Microdescriptor {
  /** SHA-256 of its text, 43 base64 characters: what a microdesc consensus calls it. */
  readonly digest: string;
  /** RSA key for the TAP handshake, DER in base64. Obsolete; newer relays have none. */
  readonly onionKey: string | null;
  /** Curve25519, 43 base64 characters. */
  readonly ntorOnionKey: string;
  /** `a` lines; only in microdescriptors of consensus methods before 27. */
  readonly orAddresses: readonly string[];
  /** As written: `$FINGERPRINT`, with or without a name, or a nickname. */
  readonly family: readonly string[];
  /** `ed25519:…`: relays that share one are one family. */
  readonly familyIds: readonly string[];
  /** Null: all ports are rejected (rejectAllPorts). */
  readonly portPolicy: PortPolicy | null;
  readonly ipv6PortPolicy: PortPolicy | null;
  /** Ed25519 identity, 43 base64 characters. */
  readonly ed25519Id: string | null;
  /** RSA identity digest, hex; only where there is no ed25519 one. */
  readonly rsa1024Id: string | null;
  /** When a consensus last named it, from the annotation in tor's cache; null elsewhere. */
  readonly lastListedMs: number | null;
}

/**
 * Reads any number of microdescriptors: a directory's answer, `GETINFO md/…`, or tor's cache files with annotations.
 *
 * @param text ASCII; the digests are over the text as it stands
 * @throws TorError with the line
 * @example
 * parseMicrodescriptors('onion-key\nntor-onion-key fan6wo++c8P1Ad3IErr7IdsYwDVczRzzS33BPX46Twk\n').length; // 1
 */
export const parseMicrodescriptors = (text: string): Microdescriptor[] => [...readMicrodescriptors(text)];

/** As `parseMicrodescriptors`, one after the other: those of a whole network take much memory at once. @throws TorError with the line */
export function* readMicrodescriptors(text: string): Generator<Microdescriptor, void> {
  const reader = new NetdocReader(text, true);
  const policies: Policies = new Map();
  let lastListedMs: number | null = null;
  reader.next();
  while (reader.keyword !== '') {
    if (reader.keyword.startsWith('@')) {
      const [date, time] = reader.args.split(' ');
      if (reader.keyword === '@last-listed') lastListedMs = parseTime(date, time, reader.line);
      reader.next();
      continue;
    }
    if (reader.keyword !== 'onion-key') {
      throw reader.error('unexpected', `expected onion-key, found ${reader.keyword}`);
    }
    yield readMicrodescriptor(reader, lastListedMs, policies);
    lastListedMs = null;
  }
}

/** What parsing the same text gave before: thousands of relays share a few hundred policies. */
type Policies = Map<string, PortPolicy>;

/** Reads the one whose `onion-key` the reader stands on, and leaves the reader on the first item after it. */
function readMicrodescriptor(reader: NetdocReader, lastListedMs: number | null, policies: Policies): Microdescriptor {
  const { start, line: firstLine } = reader;
  const onionKey = reader.optionalObject('RSA PUBLIC KEY')?.base64 ?? null;
  let ntorOnionKey: string | null = null;
  const orAddresses: string[] = [];
  let family: readonly string[] | null = null;
  let familyIds: readonly string[] | null = null;
  let portPolicy: PortPolicy | null = null;
  let ipv6PortPolicy: PortPolicy | null = null;
  let ed25519Id: string | null = null;
  let rsa1024Id: string | null = null;
  for (let more = reader.next(); more; more = reader.next()) {
    const { keyword, line } = reader;
    if (keyword === 'onion-key' || keyword.startsWith('@')) break;
    switch (keyword) {
      case 'ntor-onion-key':
        refuseSecond(reader, ntorOnionKey);
        ntorOnionKey = parseBase64Key(reader.args.split(' ', 1)[0], line);
        break;
      case 'a':
        orAddresses.push(parseAddressPort(reader.args.split(' ', 1)[0], line));
        break;
      case 'family':
        refuseSecond(reader, family);
        family = splitWords(reader.args);
        break;
      case 'family-ids':
        refuseSecond(reader, familyIds);
        familyIds = splitWords(reader.args);
        break;
      case 'p':
        refuseSecond(reader, portPolicy);
        portPolicy = readPolicy(reader, policies);
        break;
      case 'p6':
        refuseSecond(reader, ipv6PortPolicy);
        ipv6PortPolicy = readPolicy(reader, policies);
        break;
      case 'id': {
        const [kind, id] = reader.args.split(' ');
        if (kind === 'ed25519') {
          refuseSecond(reader, ed25519Id);
          ed25519Id = parseBase64Key(id, line);
        } else if (kind === 'rsa1024') {
          refuseSecond(reader, rsa1024Id);
          rsa1024Id = parseBase64Digest(id, line);
        }
        break;
      }
    }
  }
  if (ntorOnionKey === null) throw netdocError(firstLine, 'missing', 'a microdescriptor without ntor-onion-key');
  return {
    digest: hash('sha256', reader.text.slice(start, reader.start), 'base64').slice(0, 43),
    onionKey,
    ntorOnionKey,
    orAddresses,
    family: family ?? [],
    familyIds: familyIds ?? [],
    portPolicy,
    ipv6PortPolicy,
    ed25519Id,
    rsa1024Id,
    lastListedMs,
  };
}

function readPolicy({ args, line }: NetdocReader, known: Policies): PortPolicy {
  const before = known.get(args);
  if (before !== undefined) return before;
  const policy = parsePortPolicy(args, line);
  known.set(args, policy);
  return policy;
}

function refuseSecond(reader: NetdocReader, before: unknown): void {
  if (before !== null) throw reader.error('repeated', `a second ${reader.keyword} line in one microdescriptor`);
}
