// The far end of a control connection for unit tests: answers GETINFO and GETCONF from tables. What a real tor does is
// tested in test/integration.
import { type Duplex, duplexPair } from 'node:stream';
import { encodeMessage, type ReplyLine } from '@tearless/tor/control/message.ts';

export interface FakeTor {
  /** Answers to GETINFO; a function is asked anew each time; undefined is refused as tor does it. */
  info: Record<string, string | (() => string) | undefined>;
  /** Answers to GETCONF. */
  conf: Record<string, readonly string[]>;
  /** Answer to GETCONF HiddenServiceOptions: `HiddenServiceDir=/var/lib/tor/a`. */
  serviceLines?: readonly string[];
}

type Lines = readonly [ReplyLine, ...ReplyLine[]];

const ok: Lines = [{ code: 250, text: 'OK' }];

const answerInfo = (tor: FakeTor, keys: readonly string[]): Lines => {
  const lines: ReplyLine[] = [];
  for (const key of keys) {
    const entry = tor.info[key];
    const value = typeof entry === 'function' ? entry() : entry;
    if (value === undefined) return [{ code: 551, text: `No answer to ${key}` }];
    const line = { code: 250, text: `${key}=${value.includes('\n') ? '' : value}` };
    lines.push(value.includes('\n') ? { ...line, data: Buffer.from(value) } : line);
  }
  return [...lines, ...ok] as unknown as Lines;
};

const answerConf = (tor: FakeTor, names: readonly string[]): Lines => {
  const lines = names.flatMap((name): ReplyLine[] => {
    if (name === 'HiddenServiceOptions' && tor.serviceLines !== undefined)
      return tor.serviceLines.map((text) => ({ code: 250, text }));
    const values = tor.conf[name] ?? [];
    return values.length === 0
      ? [{ code: 250, text: name }]
      : values.map((value) => ({ code: 250, text: `${name}=${value}` }));
  });
  return lines as unknown as Lines;
};

const answer = (tor: FakeTor, line: string): Lines => {
  const [keyword = '', ...args] = line.split(' ');
  switch (keyword) {
    case 'PROTOCOLINFO':
      return [
        { code: 250, text: 'PROTOCOLINFO 1' },
        { code: 250, text: 'AUTH METHODS=NULL' },
        { code: 250, text: 'VERSION Tor="0.4.9.11"' },
        ...ok,
      ];
    case 'AUTHENTICATE':
    case 'SETEVENTS':
    case 'QUIT':
      return ok;
    case 'GETINFO':
      return answerInfo(tor, args);
    case 'GETCONF':
      return answerConf(tor, args);
    default:
      return [{ code: 510, text: `Unrecognized command "${keyword}"` }];
  }
};

/** A stream to a tor that answers so. */
export const openFakeTor = (tor: FakeTor): Duplex => {
  const [near, far] = duplexPair();
  let pending = '';
  far.on('data', (chunk: Buffer) => {
    const lines = (pending + chunk.toString()).split('\r\n');
    pending = lines.pop() ?? '';
    for (const line of lines) far.write(encodeMessage({ lines: answer(tor, line) }));
  });
  far.on('error', () => {});
  near.on('close', () => far.destroy());
  return near;
};
