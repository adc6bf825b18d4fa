// The way to the played tor: the stream of its control port, on which everything takes as long as on the network, and questions
// of the simulation, which take no time. Knows when nothing is under way.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { encodeFrame, readFrames } from './frames.ts';
import type { SimClock } from './sim-clock.ts';
import type { Question, World } from './world.ts';

/** What directories take to answer. */
const answerMs = 2_000;

export class Link {
  readonly control: Duplex;
  readonly #clock: SimClock;
  readonly #child: ChildProcess;
  readonly #asked: ((text: string) => void)[] = [];
  /** Frames that were sent and not answered. */
  #waiting = 0;
  #change = (): void => {};

  constructor(world: World, clock: SimClock) {
    this.#clock = clock;
    this.#child = spawn(process.execPath, [join(import.meta.dirname, 'played-tor.ts'), JSON.stringify(world)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.control = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        this.#send('control', chunk);
        done();
      },
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the played tor has no output');
    readFrames(stdout, ({ kind, content }) => {
      this.#waiting -= 1;
      if (kind === 'ask') this.#asked.shift()?.(content.toString('latin1'));
      else {
        const bytes = Buffer.from(content);
        void this.#clock.sleep(answerMs).then(() => this.control.push(bytes));
      }
      this.#change();
    });
    this.#child.once('exit', () => this.control.destroy());
  }

  ask(question: Question): Promise<string> {
    this.#send('ask', Buffer.from(JSON.stringify(question)));
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  /** Resolves once every frame was answered. */
  async idle(): Promise<void> {
    while (this.#waiting > 0) {
      await new Promise<void>((resolve) => {
        this.#change = resolve;
      });
    }
  }

  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  kill(): void {
    this.#child.kill();
  }

  #send(kind: 'control' | 'ask', content: Buffer): void {
    this.#waiting += 1;
    this.#child.stdin?.write(encodeFrame({ kind, nowMs: this.#clock.now(), content }));
  }
}
