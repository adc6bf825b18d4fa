// What is written down of a frontend for whoever asks how it stands: the state that it is in, and until when there are keys.
import { readBalanceFrontend, writeBalanceFrontend } from '../../store/balance.ts';
import type { FrontendConfig } from '../model/frontend-config.ts';
import type { FrontendKeys } from '../model/frontend-keys.ts';
import { FrontendDocument, readDocument } from './documents.ts';
import type { BalancerState } from './event.ts';
import type { LedWorld } from './session.ts';

type RecordWorld = Pick<LedWorld, 'store' | 'clock' | 'ledger'>;

export class FrontendRecord {
  readonly #keys: FrontendKeys;
  readonly #world: RecordWorld;
  #document: FrontendDocument;

  private constructor(keys: FrontendKeys, world: RecordWorld, document: FrontendDocument) {
    this.#keys = keys;
    this.#world = world;
    this.#document = document;
  }

  /** Takes up what the store has of it. @throws BalanceError `balance-state`, StoreError */
  static async open(keys: FrontendKeys, policy: FrontendConfig['policy'], world: RecordWorld): Promise<FrontendRecord> {
    const { store, clock } = world;
    const { address } = keys;
    const standing = await readBalanceFrontend(store, address);
    const before =
      standing === undefined
        ? { state: 'connecting', sinceMs: clock.now(), why: null }
        : readDocument(FrontendDocument, standing.json, address);
    return new FrontendRecord(keys, world, { ...before, policy, keysUntilMs: keys.untilMs ?? null });
  }

  get state(): string {
    return this.#document.state;
  }

  async note(state: BalancerState, why: string | null, mayWrite: boolean): Promise<void> {
    if (this.#document.state === state && this.#document.why === why) return;
    this.#document = { ...this.#document, state, why, sinceMs: this.#world.clock.now() };
    if (mayWrite) await this.save();
  }

  /** Others may have been made ahead meanwhile. */
  async noteKeys(): Promise<void> {
    const keysUntilMs = this.#keys.untilMs ?? null;
    if (this.#document.keysUntilMs === keysUntilMs) return;
    this.#document = { ...this.#document, keysUntilMs };
    await this.save();
  }

  async save(): Promise<void> {
    const { store, clock, ledger } = this.#world;
    const document = { key: this.#keys.address, atMs: clock.now(), json: JSON.stringify(this.#document) };
    await ledger.write(`frontend ${document.key}`, () => writeBalanceFrontend(store, document));
  }
}
