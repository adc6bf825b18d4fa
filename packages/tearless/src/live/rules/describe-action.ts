// What a step of a hook does, in words for the one whose update failed at it. Pure.
import type { Action } from './action.ts';

export const describeAction = (action: Action): string => {
  switch (action.kind) {
    case 'call':
      return `calls ${typeof action.function === 'string' ? action.function : 'a library'}`;
    case 'write':
      return `writes to what ${action.variable} leads to`;
    case 'copy-variable':
      return `copies ${action.from} to ${action.to}`;
    case 'choose':
      return 'has a library choose one of its functions';
    case 'renew':
      return `makes the list ${action.variable} anew${action.unless === undefined ? '' : ', which a directory authority refuses'}`;
    case 'reset':
      return `gives new options what they begin with: ${action.lines.trim().replaceAll('\n', ', ')}`;
  }
};
