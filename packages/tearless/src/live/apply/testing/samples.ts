// For tests: what a host keeps of an update that touched nothing, and what an injector says that was asked to do something.
import type { InjectorReport } from '../../inject/run-injector.ts';
import type { UpdateRecord } from '../../status/process-record.ts';

export const sampleUpdate = (
  state: UpdateRecord['state'],
  from: string,
  to: string,
  more: Partial<UpdateRecord> = {},
): UpdateRecord => ({
  state,
  from,
  to,
  versions: ['1.0', '1.1'],
  at: '2026-01-09T14:02:11.000Z',
  run: 'r',
  pauseUs: 800,
  regions: [],
  operations: [],
  addresses: {},
  initial: {},
  ...more,
});

export const sampleReport = (
  mode: InjectorReport['mode'],
  result: InjectorReport['result'],
  more: Partial<InjectorReport> = {},
): InjectorReport => ({
  schema: 'tearless.injector/v1',
  mode,
  result,
  reason: '',
  detail: '',
  pauseUs: 700,
  mapPauseUs: 0,
  retries: 0,
  threads: 1,
  seccompSuspended: false,
  leftMappedBytes: 0,
  ...more,
});
