// What a step cost a daemon that it changed while it ran, from the step's evidence. Pure.
import type { JsonObject } from '../../../base/json.ts';
import { formatBytes } from '../../../report/format.ts';

/** `stood still for 1.5 ms, 2.41 MB mapped`; undefined for a step that tells of nothing. */
export const renderStepCost = ({ pauseUs, retries, mappedBytes, restarted }: JsonObject): string | undefined => {
  if (restarted === true) return 'somebody has restarted it in the meantime';
  if (typeof pauseUs !== 'number') return undefined;
  const mapped = typeof mappedBytes === 'number' ? `, ${formatBytes(mappedBytes)} mapped` : '';
  const tried = typeof retries === 'number' && retries > 0 ? `, tried ${retries + 1} times` : '';
  return `stood still for ${(pauseUs / 1000).toFixed(1)} ms${tried}${mapped}`;
};
