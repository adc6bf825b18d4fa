// What a step says that will not touch a process.
import type { StepContext } from '../../change/step.ts';
import { LiveError } from '../live-error.ts';

export const refusal = (
  { host }: Pick<StepContext, 'host'>,
  instance: string,
  code: string,
  message: string,
  hint: string,
): LiveError =>
  new LiveError({
    kind: 'refused',
    code,
    message: `${host.name}/${instance}: ${message}`,
    place: 'host',
    subject: `${host.name}/${instance}`,
    hint,
  });
