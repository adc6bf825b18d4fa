// The helper's own text, carried along to a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { renderHelper } from '../helper/render-helper.ts';
import type { FileAttributes } from '../host.ts';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { type OwnPlace, ownPlace } from './own-place.ts';

export class HelperStage implements AsyncDisposable {
  readonly host: RemoteHost;
  /** Of a file that anybody may read. */
  readonly plain: FileAttributes;
  readonly #place: OwnPlace;

  private constructor(place: OwnPlace) {
    this.#place = place;
    const helper = renderHelper({ factsScript: ':', place });
    this.host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
    this.plain = { mode: 0o644, owner: place.owner, group: place.group };
  }

  static async set(): Promise<HelperStage> {
    return new HelperStage(await ownPlace());
  }

  /** Where a path of the host lies here. */
  at(path: string): string {
    return join(this.#place.root, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
    await this.#place[Symbol.asyncDispose]();
  }
}

/** The action fails with that error of the host. @param why for the message when it does not */
export const refused = (action: Promise<unknown>, code: string, why: string): Promise<void> =>
  assert.rejects(action, (error) => error instanceof HostError && error.code === code, why);
