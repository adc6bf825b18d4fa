// Arms as the command line names them: `glibc, mimalloc, nodir=glibc+DirCache:0, daily=glibc+restart:24h`.
import { didYouMean } from '../../base/did-you-mean.ts';
import type { ExperimentText } from '../../config/edit-experiments.ts';
import { DesignError } from './design-error.ts';

export type ArmText = ExperimentText['arms'][string];

const refuse = (message: string, hint: string): never => {
  throw new DesignError({ kind: 'usage', code: 'experiment-arms', message, hint });
};

const example = "such as --arms 'glibc, mimalloc, nodir=glibc+DirCache:0, daily=glibc+restart:24h'";
const armName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const interval = /^\d+(ms|s|m|h)$/;

const parseArm = (text: string, allocators: readonly string[]): [string, ArmText] => {
  const equals = text.indexOf('=');
  const id = (equals === -1 ? text : text.slice(0, equals)).trim();
  if (!armName.test(id)) refuse(`--arms: '${id}' cannot be the name of an arm`, example);
  const [first = '', ...rest] = (equals === -1 ? id : text.slice(equals + 1)).split('+').map((word) => word.trim());
  const words = first.includes(':') ? [first, ...rest] : rest;
  const allocator = first.includes(':') || first === '' ? undefined : first;
  if (allocator !== undefined && !allocators.includes(allocator))
    refuse(
      `--arms: allocator '${allocator}' is not declared under 'allocators'`,
      didYouMean(allocator, allocators) ?? `declared are ${allocators.join(', ')}`,
    );
  const torrc: Record<string, string | null> = {};
  let restartEvery: string | undefined;
  for (const word of words) {
    const colon = word.indexOf(':');
    const [key, value] = [word.slice(0, colon).trim(), word.slice(colon + 1).trim()];
    if (colon < 1 || value === '') refuse(`--arms: '${word}' is neither OPTION:VALUE nor restart:INTERVAL`, example);
    if (key === 'restart') {
      if (!interval.test(value)) refuse(`--arms: '${value}' is no interval`, 'such as restart:24h');
      restartEvery = value;
    } else torrc[key] = value;
  }
  return [
    id,
    {
      ...(allocator === undefined ? {} : { allocator }),
      ...(Object.keys(torrc).length === 0 ? {} : { torrc }),
      ...(restartEvery === undefined ? {} : { restartEvery }),
    },
  ];
};

/**
 * @param allocators declared ones, glibc among them
 * @throws DesignError `experiment-arms`
 */
export const parseArms = (text: string, allocators: readonly string[]): Record<string, ArmText> => {
  const entries = text.split(',').map((arm) => parseArm(arm.trim(), allocators));
  const names = entries.map(([id]) => id);
  const twice = names.find((id, index) => names.indexOf(id) !== index);
  if (twice !== undefined) refuse(`--arms names '${twice}' twice`, 'give each arm a name: NAME=ALLOCATOR');
  if (entries.length < 2) refuse('an experiment needs two arms to compare', example);
  return Object.fromEntries(entries);
};
