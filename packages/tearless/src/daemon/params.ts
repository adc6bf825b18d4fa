// Parameters that several steps and gates share.
import { z } from 'zod';
import { isInstanceName } from './instance.ts';

export const Instance = z.string().refine(isInstanceName, 'no name of a tor instance');

/** One torrc option before and after, as `planTorrcEdit` gives it. */
export const SettingChange = z.object({
  name: z.string(),
  before: z.array(z.string()),
  /** null: removed from the torrc. */
  after: z.array(z.string()).nullable(),
});
export type SettingChange = z.output<typeof SettingChange>;
