// What a step cost a daemon that it changed while it ran, from the step's evidence. Pure.
import type { JsonObject } from '../../../base/json.ts';
import { formatBytes } from '../../../report/format.ts';

/** `stood still for 1.5 ms, 2.41 MB mapped`; undefined for a step that tells of no pause. */
export const renderStepCost = ({ pauseUs, mappedBytes }: JsonObject): string | undefined => {
  if (typeof pauseUs !== 'number') return undefined;
  const mapped = typeof mappedBytes === 'number' ? `, ${formatBytes(mappedBytes)} mapped` : '';
  return `stood still for ${(pauseUs / 1000).toFixed(1)} ms${mapped}`;
};
