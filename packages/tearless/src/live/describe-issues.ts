// What does not fit in a file that a person wrote, on one line. Pure.
import type { z } from 'zod';

/** `members: expected record, received array; foo: …`; what concerns the whole comes without a place. */
export const describeIssues = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ');
