// The name of a fleet that is written down for the first time.
import { basename } from 'node:path';
import { usageError } from './cli-error.ts';

/**
 * @param asked what the command line says; else the folder's name, made fit
 * @throws CliError `cli-usage`
 */
export const nameFleet = (asked: string | undefined, folder: string): string => {
  const named = basename(folder).replace(/[^A-Za-z0-9_.-]+/g, '-');
  const fleet = asked ?? (/^[A-Za-z0-9]/.test(named) ? named : 'fleet');
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(fleet)) return fleet;
  throw usageError(`a fleet cannot be named '${fleet}'`, 'use letters, digits, and . _ - inside');
};
