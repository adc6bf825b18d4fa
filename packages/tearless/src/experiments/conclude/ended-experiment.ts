// An experiment that shall end, as far as its traces on hosts are concerned: which relay was in which arm, and what each arm gave.
import { canonicalName, findOption, serviceGroup } from '@tearless/tor/torrc/known-options.ts';
import type { Arm } from '../model/experiment.ts';
import { parseSpan } from './span.ts';

export interface EndedExperiment {
  readonly id: string;
  readonly arms: readonly Arm[];
  /** Arm by `host/instance`; undefined for relays that were only measured along. */
  readonly armOf: ReadonlyMap<string, string | undefined>;
}

/** What an arm gave its relays, read from how it was written down. */
export interface Treatment {
  /** For people: `arm F (restart-24h)`. */
  readonly label: string;
  readonly library?: string;
  readonly allocator?: string;
  /** torrc options by tor's spelling. */
  readonly options: ReadonlyMap<string, string>;
  readonly restartEverySeconds?: number;
}

const libraryKeys = new Set(['ld_preload', 'library', 'preload']);
const restartKeys = new Set(['restart_interval', 'restartevery', 'restart']);

const isTorOption = (key: string): boolean => {
  const option = findOption(key);
  return option !== undefined && option.name.toLowerCase() === key.toLowerCase() && option.group !== serviceGroup;
};

/** Keys may carry a prefix, as arms that were declared have it: `torrc.DirCache`. */
const plainKey = (key: string): string => key.replace(/^torrc[.:/ ]/i, '');

export const readTreatment = (arm: Arm): Treatment => {
  const options = new Map<string, string>();
  let library: string | undefined;
  let allocator: string | undefined;
  let restartEverySeconds: number | undefined;
  for (const [written, value] of Object.entries(arm.config)) {
    const key = plainKey(written);
    const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
    if (libraryKeys.has(key.toLowerCase())) library = text.replace(/^LD_PRELOAD=/, '');
    else if (key.toLowerCase() === 'allocator') allocator = text;
    else if (restartKeys.has(key.toLowerCase())) restartEverySeconds = parseSpan(text);
    else if (isTorOption(key)) options.set(canonicalName(key), text);
  }
  return {
    label: arm.name === arm.id ? `arm ${arm.id}` : `arm ${arm.id} (${arm.name})`,
    options,
    ...(library === undefined ? {} : { library }),
    ...(allocator === undefined ? {} : { allocator }),
    ...(restartEverySeconds === undefined ? {} : { restartEverySeconds }),
  };
};

/** Treatments by arm. */
export const readTreatments = ({ arms }: Pick<EndedExperiment, 'arms'>): Map<string, Treatment> =>
  new Map(arms.map((arm) => [arm.id, readTreatment(arm)]));
