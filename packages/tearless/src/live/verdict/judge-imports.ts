// What the verdict makes of names that the next version asks of libraries for the first time. Pure.
import type { NewImport } from '../diff/new-imports.ts';
import type { Reason } from './reason.ts';

export const judgeImport = (found: NewImport): Reason => {
  const { name: subject } = found;
  switch (found.kind) {
    case 'brought': {
      const from =
        found.library === undefined
          ? 'a library has to bring it'
          : `${found.library} has to bring it${found.version === undefined ? '' : ` (${found.version})`}`;
      return {
        code: 'live-import-added',
        subject,
        weight: 'note',
        detail: `${from}: new code is bound to where the process has it, and the update is refused where it has not`,
      };
    }
    case 'version':
      return refuse(
        'version',
        subject,
        `it was asked for as ${found.former} and is as ${found.next}: build both on one system, the one whose libraries run`,
      );
    case 'thread':
      return refuse(
        'thread',
        subject,
        'each thread has one of its own, whose place was given out when the process started: have a function of the library return it',
      );
    case 'copied':
      return refuse(
        'copied',
        subject,
        "it is a library's variable that lies in the program's own memory from its start on, and what runs has no place for it: have a function of the library return it",
      );
    case 'static':
      return refuse(
        'static',
        subject,
        'the next program has it out of a static library, which an update cannot bring: use what the former program has',
      );
  }
};

const refuse = (problem: 'version' | 'thread' | 'copied' | 'static', subject: string, detail: string): Reason => ({
  code: `live-import-${problem}`,
  subject,
  weight: 'refuse',
  detail,
});
