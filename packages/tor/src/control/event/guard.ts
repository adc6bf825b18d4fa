// GUARD: our guards changed. control-spec §4.1.11.
import { parseArguments } from '../arguments.ts';
import { parseRouterName, type RouterName } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export interface GuardEvent {
  readonly type: 'GUARD';
  /** `ENTRY`. */
  readonly guardType: string;
  readonly router: RouterName;
  readonly status: 'NEW' | 'UP' | 'DOWN' | 'BAD' | 'GOOD' | 'DROPPED' | 'BAD_L2' | 'GOOD_L2' | (string & {});
}

// 650 GUARD ENTRY $C6DBB9224B4418562006ED4C31E94DBF5FA0868B~relay0 GOOD_L2
export function parseGuard({ text }: RawEvent<'GUARD'>): GuardEvent {
  const [guardType = '', router = '', status = ''] = parseArguments(text, 3).positional;
  return { type: 'GUARD', guardType, router: parseRouterName(router), status };
}
