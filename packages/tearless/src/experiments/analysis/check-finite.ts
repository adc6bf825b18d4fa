// The last look at a result before it leaves: JSON would turn NaN into null and nobody would know.
import { Bug } from '../../base/error.ts';

/** @throws Bug that names the place of the first number that is not finite. */
export const checkFiniteNumbers = (value: unknown, place: string): void => {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Bug(`${place} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) checkFiniteNumbers(entry, `${place}.${key}`);
};
