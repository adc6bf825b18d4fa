// Options of commands that update relays live, beside the build itself.
import type { OptionSpec } from '../command.ts';

export const liveWishOptions = {
  builds: {
    type: 'string',
    value: 'DIR',
    summary: 'the folder with the builds that run now; that of BUILD by default',
    complete: 'directory',
  },
  rules: { type: 'string', value: 'FILE', summary: 'what no tool can know of the release', complete: 'file' },
  key: {
    type: 'string',
    value: 'FILE',
    summary: "signs; by default the one of 'live key make'; the .pub file of one in an agent",
    complete: 'file',
  },
  'max-pause': {
    type: 'string',
    value: 'TIME',
    summary: 'how long a relay may stand still at most; 20ms by default: it is tried again rather than exceeded',
  },
} as const satisfies Record<string, OptionSpec>;
