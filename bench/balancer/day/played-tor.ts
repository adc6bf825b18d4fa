// A tor with its directories and workers, as the control port shows them, in a process of its own: its work is not the
// balancer's. Frames come on standard input and leave on standard output, one for each.
import { parseOuter } from '@tearless/tor/hsdesc/outer.ts';
import { type MadeIdentity, makeIdentity } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { renderRouterStatus } from '@tearless/tor/netdoc/router-status.ts';
import type { BlindingPeriod } from '@tearless/tor/onion/blinding.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { planOnionSchedule } from '@tearless/tor/onion/schedule.ts';
import { makeNetwork, type NetworkDocuments } from '../network.ts';
import { makeDescriptor } from '../services.ts';
import { encodeFrame, readFrames } from './frames.ts';
import { frontendName, type Question, type World, workerName } from './world.ts';

const hourMs = 3_600_000;
/** tor makes a new introduction point after 18 to 24 hours, and a new descriptor every 60 to 120 minutes. */
const pointLifeMs = 21 * hourMs;
const descriptorLifeMs = 1.5 * hourMs;
const pointsOfWorker = 3;

const world: World = JSON.parse(process.argv[2] ?? '{}');
const services = new Map<string, MadeIdentity>();
const workers = new Set<string>();
for (let frontend = 0; frontend < world.frontends; frontend += 1) {
  const add = (name: string): MadeIdentity => {
    const made = makeIdentity(name);
    services.set(made.address, made);
    return made;
  };
  add(frontendName(frontend));
  for (let worker = 0; worker < world.workers; worker += 1) workers.add(add(workerName(frontend, worker)).address);
}

let documents: NetworkDocuments;
let read: BlindingPeriod;
let validAfterMs = 0;
const enterHour = (nowMs: number): void => {
  if (Math.floor(nowMs / hourMs) * hourMs === validAfterMs) return;
  validAfterMs = Math.floor(nowMs / hourMs) * hourMs;
  documents = makeNetwork(world.relays, validAfterMs);
  const { first, second } = planOnionSchedule(parseConsensus(documents.consensus));
  read = (first.isFetched ? first : second).period;
};

/** Some number from 0 to 1 that depends on the text alone. */
const fractionOf = (text: string): number => {
  let state = 7;
  for (let i = 0; i < text.length; i += 1) state = (state * 31 + text.charCodeAt(i)) % 1_000_003;
  return state / 1_000_003;
};

const made = new Map<string, { readonly key: string; readonly text: string }>();
const describeWorker = (address: string, nowMs: number): string => {
  const service = services.get(address);
  if (service === undefined) throw new Error(`nobody has the address ${address}`);
  const version = Math.floor((nowMs + fractionOf(address) * descriptorLifeMs) / descriptorLifeMs);
  const key = `${version} ${read.number}`;
  const before = made.get(address);
  if (before?.key === key) return before.text;
  const generationOf = (index: number): number =>
    Math.floor((nowMs + fractionOf(`${address} ${index}`) * pointLifeMs) / pointLifeMs);
  const { text } = makeDescriptor(service, {
    period: read,
    points: pointsOfWorker,
    nowMs,
    version,
    generationOf,
  });
  made.set(address, { key, text });
  return text;
};

/** What directories hold, by directory and blinded key. */
const held = new Map<string, string>();
const names = new Map<string, string>();
const nameOf = (address: string): string => {
  const key = `${address} ${read.number}`;
  const known = names.get(key);
  if (known !== undefined) return known;
  const service = services.get(address);
  if (service === undefined) throw new Error(`nobody has the address ${address}`);
  const name = Buffer.from(deriveDescriptorKeys(service.publicKey, read).blindedKey).toString('base64');
  names.set(key, name);
  return name;
};

const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`;
const block = (text: string): string => `${text.trimEnd().replaceAll('\n', '\r\n')}\r\n.`;

const getInfo = (key: string): string => {
  if (key === 'status/circuit-established') return lines(`250-${key}=1`, '250 OK');
  const text = key === 'md/all' ? documents.microdescs : documents.consensus;
  return lines(`250+${key}=`, block(text), '250 OK');
};

const post = (command: string): string => {
  const end = command.indexOf('\r\n');
  const [, server = '', , bare = ''] = /SERVER=(\S+)( HSADDRESS=(\S+))?/.exec(command.slice(0, end)) ?? [];
  const text = command.slice(end + 2, -'.\r\n'.length).replaceAll('\r\n', '\n');
  const { blindedKey, revisionCounter } = parseOuter(text);
  const place = `${server} ${Buffer.from(blindedKey).toString('base64')}`;
  const before = held.get(place);
  const isTaken = before === undefined || parseOuter(before).revisionCounter < revisionCounter;
  if (isTaken) held.set(place, text);
  const outcome = isTaken
    ? `UPLOADED ${bare} UNKNOWN $${server}`
    : `FAILED ${bare} NO_AUTH $${server} REASON=UPLOAD_REJECTED`;
  return lines('250 OK', `650 HS_DESC ${outcome}`);
};

const fetch = (command: string, nowMs: number): string => {
  const [, bare = '', server = ''] = /^HSFETCH (\S+) SERVER=(\S+)/.exec(command) ?? [];
  const address = `${bare}.onion`;
  const text = workers.has(address) ? describeWorker(address, nowMs) : held.get(`${server} ${nameOf(address)}`);
  if (text === undefined) return lines('250 OK', `650 HS_DESC FAILED ${bare} NO_AUTH $${server} REASON=NOT_FOUND`);
  return lines('250 OK', `650+HS_DESC_CONTENT ${bare} ${nameOf(address)} $${server}`, block(text), '650 OK');
};

const answer = (command: string, nowMs: number): string => {
  const [verb = '', first = ''] = command.split(/\s/, 2);
  switch (verb) {
    case 'PROTOCOLINFO':
      return lines('250-PROTOCOLINFO 1', '250-AUTH METHODS=NULL', '250-VERSION Tor="0.4.9.11"', '250 OK');
    case 'GETCONF':
      return lines(`250 ${first}=0`);
    case 'GETINFO':
      return getInfo(first);
    case '+HSPOST':
      return post(command);
    case 'HSFETCH':
      return fetch(command, nowMs);
    default:
      return lines('250 OK');
  }
};

const ask = (question: Question, nowMs: number): string => {
  if (question.ask === 'descriptor') return describeWorker(question.address, nowMs);
  if (question.ask === 'addresses') return JSON.stringify([...services.keys()]);
  const routers = parseConsensus(documents.consensus).routers.map(renderRouterStatus).join('');
  return lines('650+NEWCONSENSUS', block(routers), '650 OK');
};

readFrames(process.stdin, ({ kind, nowMs, content }) => {
  enterHour(nowMs);
  const text = content.toString('latin1');
  const said = kind === 'ask' ? ask(JSON.parse(text), nowMs) : answer(text, nowMs);
  process.stdout.write(encodeFrame({ kind, nowMs, content: Buffer.from(said, 'latin1') }));
});
