// The keys that a running balancer publishes with, from a key file. A file of keys made ahead is looked at again whenever keys
// are asked for, so a new one is taken up without a restart; one that is worse than nothing changes nothing.
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parsePresigned } from '../../../balance/keys/presigned-file.ts';
import { keysFromPresigned } from '../../../balance/keys/presigned-keys.ts';
import type { FrontendKeys } from '../../../balance/model/frontend-keys.ts';
import { keysFromIdentity } from '../../../balance/publish/period-keys.ts';
import type { Clock } from '../../../base/clock.ts';
import { formatInstant } from '../../../report/format.ts';
import { CliError } from '../cli-error.ts';
import { findFileProblem, readKeyFile } from './key-file.ts';

const dayMs = 86_400_000;
/** Before the end of keys made ahead, once a day. */
const warnMs = 14 * dayMs;

export interface KeyWatch {
  readonly clock: Clock;
  /** A line for people. */
  readonly note: (line: string) => void;
}

/**
 * Warns of a key that others may use; refuses keys made ahead that others may use, as they are made with mode 0600.
 * @throws CliError `balance-key-unreadable`, `balance-key-open`, BalanceError `balance-key`, `balance-presigned`
 */
export const openFrontendKeys = async (path: string, { clock, note }: KeyWatch): Promise<FrontendKeys> => {
  const file = await readKeyFile(path);
  if (file.kind === 'identity') {
    if (file.problem !== null) note(`warning: the key ${path}: ${file.problem}`);
    return keysFromIdentity(file.key, (length) => new Uint8Array(randomBytes(length)));
  }
  const { address, publicKey } = file.presigned;
  if (file.problem !== null) throw openToOthers(path, file.problem);
  const tag = (): string => {
    // The time of its last change tells of its mode too.
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  };
  let seen = tag();
  let told = '';
  let keys = keysFromPresigned(file.presigned);
  let warnedMs = -Infinity;
  const takeUp = (): void => {
    try {
      const now = tag();
      if (now === seen) return;
      seen = now;
      const problem = findFileProblem(statSync(path), process.getuid?.());
      if (problem !== null) throw openToOthers(path, problem);
      const presigned = parsePresigned(readFileSync(path, 'utf8'), path);
      if (presigned.address !== address) throw new Error(`${path} is now of ${presigned.address}`);
      keys = keysFromPresigned(presigned);
      warnedMs = -Infinity;
      told = '';
      note(`new keys of ${address}, until ${formatInstant(keys.untilMs ?? 0)}`);
    } catch (error) {
      // Missing for a moment or for good: the keys that are known hold as long as they hold.
      const why = error instanceof Error ? error.message : String(error);
      if (told !== why) note(`warning: ${why}; the keys of ${address} from before are used on`);
      told = why;
    }
  };
  return {
    address,
    publicKey,
    get untilMs() {
      return keys.untilMs;
    },
    of(period) {
      takeUp();
      const nowMs = clock.now();
      const { untilMs = 0 } = keys;
      if (untilMs - nowMs < warnMs && nowMs - warnedMs >= dayMs) {
        warnedMs = nowMs;
        const ends = untilMs > nowMs ? 'end' : 'ended';
        note(`warning: the keys of ${address} ${ends} at ${formatInstant(untilMs)}: make new ones, ${remedy}`);
      }
      return keys.of(period);
    },
  };
};

const remedy = "'tearless balance keys presign' where its key lies";

const openToOthers = (path: string, problem: string): CliError =>
  new CliError({
    kind: 'config',
    code: 'balance-key-open',
    place: 'config',
    message: `the keys made ahead in ${path} are not used: ${problem}`,
    hint: 'if somebody may have read them, make others: these cannot be called back',
    subject: path,
  });
