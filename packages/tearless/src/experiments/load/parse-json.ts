// JSON out of the store, checked: what does not have the shape asked for is an error that says what it was.
import type { z } from 'zod';
import { ExperimentError } from '../model/experiment-error.ts';

/** @throws ExperimentError with the code and message given, where the text is no JSON or has another shape */
export const parseJson = <T>(
  schema: z.ZodType<T>,
  text: string,
  problem: { readonly code: string; readonly message: string },
): T => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined; // no JSON: told below, as what has another shape
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ExperimentError({
    kind: 'failed',
    ...problem,
    hint: 'a newer Tearless wrote it, or the state database is damaged',
    cause: parsed.error,
  });
};
