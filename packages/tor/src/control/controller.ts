// The control port for those who use it: typed commands, typed events. control-spec §3, §4.
// Works over any duplex stream (a unix socket, TCP, an ssh channel); opens none itself.
import { randomBytes as systemRandomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TorError } from '../error.ts';
import { abortError, onGiveUp, type WaitOptions } from './abort.ts';
import { type AuthOptions, authenticate, type RandomBytes } from './authenticate.ts';
import type { Command } from './command.ts';
import * as commands from './commands.ts';
import { Connection } from './connection.ts';
import { type EventName, type EventNamed, eventNameOf, parseEvent, type TorEvent } from './event/event.ts';
import { EventQueue } from './event-queue.ts';
import type { Message, MessageLimits } from './message.ts';
import { type AddedOnion, parseAddOnion } from './reply/add-onion.ts';
import { parseExtendCircuit } from './reply/extendcircuit.ts';
import { type ConfLine, parseGetConf } from './reply/getconf.ts';
import { parseGetInfo, parseGetInfoBytes } from './reply/getinfo.ts';
import { type InfoKey, type InfoValue, parseInfo } from './reply/info.ts';
import { type MappedAddresses, parseMapAddress } from './reply/mapaddress.ts';
import type { AuthMethod, ProtocolInfo } from './reply/protocolinfo.ts';
import { requireOk, statusError } from './reply/status.ts';
import { type EventStream, type SubscribeOptions, Subscriptions } from './subscriptions.ts';

export interface OpenOptions extends WaitOptions {
  auth?: AuthOptions | undefined;
  /** Of every command that gives none itself. Default 60,000; 0: never. */
  timeoutMs?: number | undefined;
  /** Of the opening only: what it fires later has no effect. */
  signal?: AbortSignal | undefined;
  limits?: MessageLimits | undefined;
  /** Source of the 32-byte nonce of SAFECOOKIE. Default: the system's. */
  randomBytes?: RandomBytes | undefined;
  /** Called for every event that could not be read or that nobody asked for by name; see `malformed`. */
  onMalformed?: ((event: MalformedEvent) => void) | undefined;
}

/** An event that reached no subscriber because of what it is. It does not disturb the connection. */
export interface MalformedEvent {
  /** `malformed`: not as its specification has it. `unknown`: no type for it here, and no subscriber named it. */
  readonly problem: 'malformed' | 'unknown';
  readonly name: string;
  readonly error: TorError | undefined;
  /** As it came; may hold what tor logs, and SOCKS passwords. */
  readonly message: Message;
}

/** Known names complete in an editor, others are allowed. */
type AnyEventName = EventName | (string & {});

const defaultTimeoutMs = 60_000;

/** Signals after which tor may be gone before it answers (§3.7). */
const deadlySignals: ReadonlySet<string> = new Set(['HALT', 'TERM', 'SHUTDOWN', 'INT']);

/**
 * An authenticated control connection. Commands may be sent without waiting for one another; tor answers in order.
 * Every method that asks tor something throws TorError: `control-timeout`, `control-aborted` (tor may still do it),
 * `control-closed`, `control-bad-argument` (nothing was sent), or what tor answered (kinds `refused`, `denied`, `failed`).
 * @example
 * const controller = await Controller.open(stream, { auth: { readCookie: (path) => readFile(path) } });
 * const { version, uptime } = await controller.getInfo(['version', 'uptime']);
 * assert.deepEqual([version, uptime], ['0.4.9.11', '60']);
 * for await (const event of controller.events('CIRC', 'STREAM')) {
 *   if (event.type === 'CIRC' && event.status === 'BUILT') break;
 * }
 * await controller.close();
 */
export class Controller implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  readonly #subscriptions: Subscriptions;
  readonly #malformed = new Set<EventQueue<MalformedEvent>>();
  readonly #onMalformed: ((event: MalformedEvent) => void) | undefined;
  readonly #closed = Promise.withResolvers<TorError | undefined>();
  #info: ProtocolInfo = { version: '1', authMethods: [], cookieFiles: [], torVersion: undefined };
  #authMethod: AuthMethod = 'NULL';

  private constructor(stream: Duplex, options: OpenOptions) {
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#onMalformed = options.onMalformed;
    this.#subscriptions = new Subscriptions((names) => this.#ok(commands.simple('SETEVENTS', ...names)));
    this.#connection = new Connection(stream, {
      onEvent: (message) => this.#event(message),
      onClose: (error) => this.#close(error),
      limits: options.limits,
    });
  }

  /**
   * Takes the stream over and authenticates on it. It may still be connecting. It is destroyed when this fails.
   * @throws TorError kind `denied` (see authenticate.ts), `unreachable`, `timeout`, `interrupted`, `protocol`
   */
  static async open(stream: Duplex, options: OpenOptions = {}): Promise<Controller> {
    const controller = new Controller(stream, options);
    try {
      const wait = { signal: options.signal, timeoutMs: controller.#timeoutMs };
      const { info, method } = await authenticate(
        controller.#connection,
        options.auth ?? {},
        options.randomBytes ?? systemRandomBytes,
        wait,
      );
      controller.#info = info;
      controller.#authMethod = method;
      return controller;
    } catch (error) {
      controller.#connection.close();
      throw error;
    }
  }

  /** As PROTOCOLINFO gave it: `0.4.9.11`. */
  get torVersion(): string | undefined {
    return this.#info.torVersion;
  }

  /** How we were authenticated. */
  get authMethod(): AuthMethod {
    return this.#authMethod;
  }

  /** Resolves when the connection is over: with the reason, or with undefined after `close`. Never rejects. */
  get closed(): Promise<TorError | undefined> {
    return this.#closed.promise;
  }

  /** Ends the connection at once; event streams end, commands without a reply fail. Tor that we own shuts down. */
  async close(): Promise<void> {
    this.#connection.close();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Sends any command.
   * @returns the reply, whose status is 2yz
   */
  async command(command: Command, options: WaitOptions = {}): Promise<Message> {
    return requireOk(await this.#request(command, options), command);
  }

  /** Values by key, as text; one of several lines ends with a line end, one of a single line does not. Keys are case-sensitive. */
  getInfo<K extends string>(keys: readonly K[], options?: WaitOptions): Promise<Record<K, string>>;
  getInfo(key: string, options?: WaitOptions): Promise<string>;
  async getInfo(keys: string | readonly string[], options?: WaitOptions): Promise<string | Record<string, string>> {
    const list = typeof keys === 'string' ? [keys] : keys;
    if (list.length === 0) return {};
    const values = parseGetInfo(await this.command(commands.simple('GETINFO', ...list), options), list);
    return typeof keys === 'string' ? (values[keys] ?? '') : values;
  }

  /** One value with its bytes as tor keeps them (line ends LF): documents whose hash counts. */
  async getInfoBytes(key: string, options?: WaitOptions): Promise<Uint8Array> {
    return parseGetInfoBytes(await this.command(commands.simple('GETINFO', key), options), key);
  }

  /** One value, typed: `await controller.info('circuit-status')` is a list of circuits. See infoParsers. */
  async info<K extends InfoKey>(key: K, options?: WaitOptions): Promise<InfoValue<K>> {
    return parseInfo(key, await this.getInfo(key, options));
  }

  /** The values of options; none for one that is at its default. Names in any case. */
  getConf<K extends string>(keys: readonly K[], options?: WaitOptions): Promise<Record<K, string[]>>;
  getConf(key: string, options?: WaitOptions): Promise<string[]>;
  async getConf(keys: string | readonly string[], options?: WaitOptions): Promise<string[] | Record<string, string[]>> {
    const list = typeof keys === 'string' ? [keys] : keys;
    const lines = await this.getConfLines(list, options);
    const values: Record<string, string[]> = Object.create(null);
    for (const key of list) {
      const ours = lines.filter((line) => line.key.toLowerCase() === key.toLowerCase());
      values[key] = ours.flatMap(({ value }) => (value === undefined ? [] : [value]));
    }
    return typeof keys === 'string' ? (values[keys] ?? []) : values;
  }

  /** As tor answers, in order; for HiddenServiceOptions, whose lines have other names. */
  async getConfLines(keys: readonly string[], options?: WaitOptions): Promise<ConfLine[]> {
    return parseGetConf(await this.command(commands.getConf(keys), options));
  }

  /** All or nothing. An option given no value (null, []) becomes 0 or NULL; other settings of an option named are removed. */
  setConf(entries: commands.ConfEntries, options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.confCommand('SETCONF', entries), options);
  }

  /** Back to default, or to a value after that: names, or entries as setConf takes. */
  resetConf(entries: commands.ConfEntries | readonly string[], options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.confCommand('RESETCONF', namesToEntries(entries)), options);
  }

  /** Replaces the whole configuration by this torrc text, not on disk. */
  loadConf(text: string, options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.loadConf(text), options);
  }

  /** Writes the configuration in force to the torrc. With `force` also when the torrc uses %include. */
  saveConf({ force = false, ...options }: WaitOptions & { force?: boolean } = {}): Promise<void> {
    return this.#ok(() => commands.simple('SAVECONF', ...(force ? ['FORCE'] : [])), options);
  }

  /** HALT, TERM, SHUTDOWN and INT also count as done when tor hangs up instead of answering. */
  async signal(name: commands.SignalName, options?: WaitOptions): Promise<void> {
    try {
      await this.#ok(() => commands.simple('SIGNAL', name), options);
    } catch (error) {
      const gone = error instanceof TorError && error.code === 'control-closed' && error.kind === 'unreachable';
      if (!gone || !deadlySignals.has(name)) throw error;
    }
  }

  /** Asks tor to hang up, and waits until it has. */
  async quit(options?: WaitOptions): Promise<void> {
    try {
      await this.#ok(() => commands.simple('QUIT'), options);
    } finally {
      await this.close();
    }
  }

  /** Tor exits when this connection ends (§3.23). Not gracefully: `signal('SHUTDOWN')` first where that matters. */
  takeOwnership(options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.simple('TAKEOWNERSHIP'), options);
  }

  dropOwnership(options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.simple('DROPOWNERSHIP'), options);
  }

  /**
   * Original address to replacement. `0.0.0.0`, `::0` and `.` as original let tor choose one.
   * Some may be refused and others not; throws only when all are.
   */
  async mapAddress(pairs: Readonly<Record<string, string>>, options?: WaitOptions): Promise<MappedAddresses> {
    const command = commands.mapAddress(pairs);
    const reply = await this.#request(command, options);
    const result = parseMapAddress(reply);
    if (result.mapped.size === 0) throw statusError(reply, command);
    return result;
  }

  /** @returns the circuit's id. It is not built yet: wait for CIRC BUILT */
  async extendCircuit(options: commands.ExtendCircuitOptions & WaitOptions = {}): Promise<string> {
    return parseExtendCircuit(await this.command(commands.extendCircuit(options), options));
  }

  setCircuitPurpose(circuitId: string, purpose: 'general' | 'controller', options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.simple('SETCIRCUITPURPOSE', circuitId, `purpose=${purpose}`), options);
  }

  /** @param circuitId `0` gives the stream back to tor */
  attachStream(
    streamId: string,
    circuitId: string,
    { hop, ...options }: WaitOptions & { hop?: number | undefined } = {},
  ): Promise<void> {
    const args = [streamId, circuitId, ...(hop === undefined ? [] : [`HOP=${hop}`])];
    return this.#ok(() => commands.simple('ATTACHSTREAM', ...args), options);
  }

  closeStream(streamId: string, reason: commands.StreamEndReason = 'MISC', options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.simple('CLOSESTREAM', streamId, String(commands.streamEndReasons[reason])), options);
  }

  closeCircuit(
    circuitId: string,
    { ifUnused = false, ...options }: WaitOptions & { ifUnused?: boolean } = {},
  ): Promise<void> {
    return this.#ok(() => commands.simple('CLOSECIRCUIT', circuitId, ...(ifUnused ? ['IfUnused'] : [])), options);
  }

  async addOnion(options: commands.AddOnionOptions & WaitOptions): Promise<AddedOnion> {
    return parseAddOnion(await this.command(commands.addOnion(options), options));
  }

  /** @param serviceId the onion address without `.onion` */
  delOnion(serviceId: string, options?: WaitOptions): Promise<void> {
    return this.#ok(() => commands.simple('DEL_ONION', serviceId), options);
  }

  /**
   * Starts a fetch; the results are HS_DESC and HS_DESC_CONTENT events.
   * @param servers fingerprints of HSDirs; default: those responsible
   */
  hsFetch(
    address: string,
    { servers = [], ...options }: WaitOptions & { servers?: readonly string[] } = {},
  ): Promise<void> {
    return this.#ok(() => commands.simple('HSFETCH', address, ...servers.map((server) => `SERVER=${server}`)), options);
  }

  /** Starts an upload; the results are HS_DESC events. */
  hsPost(descriptor: string, options: commands.HsPostOptions & WaitOptions = {}): Promise<void> {
    return this.#ok(() => commands.hsPost(descriptor, options), options);
  }

  /**
   * Events by name as they come; without names, all that tor sends to this connection, whoever asked for them.
   * Tor is asked for them before this returns, so the effects of commands sent afterwards are seen; `ready` tells when it has agreed.
   * The iteration fails when the connection does, when tor does not know a name, or when too many wait; it ends after `close`.
   */
  events(options?: SubscribeOptions): EventStream<TorEvent>;
  events<N extends AnyEventName[]>(...names: N): EventStream<EventNamed<N[number]>>;
  events<N extends AnyEventName[]>(
    ...args: [...names: N, options: SubscribeOptions]
  ): EventStream<EventNamed<N[number]>>;
  events(...args: (string | SubscribeOptions | undefined)[]): EventStream<TorEvent> {
    const names = args.filter((arg) => typeof arg === 'string');
    const options = args.find((arg) => typeof arg === 'object') ?? {};
    return this.#subscriptions.subscribe(names, options);
  }

  /**
   * The first event of that name that the predicate takes. Listening starts at once, as with `events`.
   * @throws TorError `control-timeout` (no default), `control-aborted`, `control-closed`, what tor answered; whatever the predicate throws
   */
  async waitFor<K extends AnyEventName>(
    name: K,
    predicate: (event: EventNamed<K>) => boolean = () => true,
    options: WaitOptions = {},
  ): Promise<EventNamed<K>> {
    const what = `waiting for ${name}`;
    if (options.signal?.aborted) throw abortError(what, options.signal);
    const giveUp = new AbortController();
    let gaveUp: TorError | undefined;
    const events = this.events(name, { signal: giveUp.signal });
    const stop = onGiveUp(what, options, (error) => {
      gaveUp = error;
      giveUp.abort();
    });
    try {
      for await (const event of events) if (predicate(event as EventNamed<K>)) return event as EventNamed<K>;
    } catch (error) {
      throw gaveUp ?? error;
    } finally {
      stop();
    }
    throw new TorError(`${what}: the control connection was closed here`, {
      kind: 'interrupted',
      code: 'control-closed',
      place: 'local',
    });
  }

  /** Events that tor is to send even while nobody iterates over them by name; `events()` without names gets them. */
  setEvents(names: readonly AnyEventName[]): Promise<void> {
    return this.#subscriptions.setBaseline(names);
  }

  /** Events that could not be read, and ones that nobody asked for by name and this library has no type for.
   * Up to 1,000 wait to be taken. */
  malformed(): AsyncIterableIterator<MalformedEvent, undefined> & AsyncDisposable {
    const queue: EventQueue<MalformedEvent> = new EventQueue({
      limit: 1000,
      onOverflow: () =>
        new TorError('more malformed events than were taken', {
          kind: 'failed',
          code: 'control-events-overflow',
          place: 'local',
        }),
      onEnd: () => this.#malformed.delete(queue),
    });
    this.#malformed.add(queue);
    return queue;
  }

  #event(message: Message): void {
    const name = eventNameOf(message);
    let event: TorEvent;
    try {
      event = parseEvent(message);
    } catch (error) {
      if (!(error instanceof TorError)) throw error;
      this.#report({ problem: 'malformed', name, error, message });
      return;
    }
    const taken = this.#subscriptions.dispatch(name, event);
    if (!taken && event.type === 'OTHER') this.#report({ problem: 'unknown', name, error: undefined, message });
  }

  #report(event: MalformedEvent): void {
    this.#onMalformed?.(event);
    for (const queue of [...this.#malformed]) queue.push(event);
  }

  #close(error: TorError | undefined): void {
    this.#subscriptions.close(error);
    for (const queue of [...this.#malformed]) queue.end();
    this.#closed.resolve(error);
  }

  #request(command: Command, { signal, timeoutMs }: WaitOptions = {}): Promise<Message> {
    return this.#connection.request(command, { signal, timeoutMs: timeoutMs ?? this.#timeoutMs });
  }

  /** Building the command inside turns its argument errors into rejections. */
  async #ok(command: Command | (() => Command), options?: WaitOptions): Promise<void> {
    await this.command(typeof command === 'function' ? command() : command, options);
  }
}

function namesToEntries(entries: commands.ConfEntries | readonly string[]): commands.ConfEntries {
  return isNames(entries) ? entries.map((name) => [name, null] as const) : entries;
}

function isNames(entries: commands.ConfEntries | readonly string[]): entries is readonly string[] {
  return Array.isArray(entries) && entries.every((entry) => typeof entry === 'string');
}
