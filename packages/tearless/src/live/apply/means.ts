// What the steps need of the operator's own machine: builds, rules, and somebody to sign. Handed in by whoever has a disk.
import type { Sign } from '../keys/namespaces.ts';
import type { Rules } from '../rules/rules.ts';
import type { LiveBuild } from './live-build.ts';

export interface LiveMeans {
  /** @param directory of `live build`. @throws LiveError `live-build-unreadable`, `live-build-changed` */
  readBuild(directory: string): LiveBuild;
  /** @throws LiveError `live-rules-bad`, `live-rules-changed` for what is not what was planned with */
  readRules(path: string, sha256: string): Rules;
  /** The injector as it is shipped. @throws LiveError `live-injector-changed` for one that is not what was planned with */
  readInjector(path: string, sha256: string): Uint8Array;
  readonly sign: Sign;
}
