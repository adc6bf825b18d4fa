// All kinds of reasons that a verdict knows, the worst first: what is the same in all of one kind, why it matters, and what would make it
// pass. docs/how-to/judge-a-live-update.md has them as a table.

export interface ReasonKind {
  readonly what: string;
  readonly why: string;
  /** Undefined where nothing has to be done. */
  readonly helps: string | undefined;
}

const restart = 'an ordinary restart';
const passing = '`passing` in the rules, where none of it lives while the program waits';

export const reasonKinds = {
  'live-on-stack-code': {
    what: 'code that is always being run has changed',
    why: 'it is never entered again, so its new form would never run',
    helps: `the change in a function that is entered again, such as the one around the wait; else ${restart}`,
  },
  'live-on-stack-unknown': {
    what: 'how the program comes to its event loop cannot be followed',
    why: 'code that is always being run would not be known as such',
    helps: restart,
  },
  'live-library-changed': {
    what: 'libraries are asked for that the former was not linked with',
    why: 'what runs has not loaded them',
    helps: `both builds with the same options of configure, on the same system; else ${restart}`,
  },
  'live-type-size': {
    what: 'types have another size',
    why: 'objects that exist are of the former size',
    helps: 'builds made with --after keep it, as long as their room lasts',
  },
  'live-type-alignment': {
    what: 'types have to lie at multiples of more bytes',
    why: 'objects that exist lie elsewhere',
    helps: `the former alignment; or ${passing}`,
  },
  'live-type-retyped': {
    what: 'names of types stand for other types',
    why: 'what objects that exist hold by that name would be taken for something else',
    helps: `another name for the new one; or ${passing}`,
  },
  'live-type-member-moved': {
    what: 'members lie elsewhere in their type',
    why: 'new code would read something else of objects that exist',
    helps: 'a build made with --after keeps them where they were',
  },
  'live-type-member-retyped': {
    what: 'members have another type at the same place',
    why: 'what objects that exist hold there would be taken for something else',
    helps: `a new member beside the former; or ${passing}`,
  },
  'live-type-member-added': {
    what: 'new members lie outside of any room that was set aside',
    why: 'objects that exist end before them',
    helps: `a build made with --after puts them into the room; where there is none, ${restart} onto a build that has it`,
  },
  'live-type-enumerator-changed': {
    what: 'names of enums stand for other numbers, or numbers for other names',
    why: 'objects that exist hold the former numbers, for what they stood for',
    helps: `new names behind the former, whose numbers stay; or ${passing}`,
  },
  'live-type-ambiguous': {
    what: 'types have more than one definition in one program',
    why: 'which of them an object has cannot be followed',
    helps: `a name for each; or ${passing}`,
  },
  'live-variable-retyped': {
    what: 'variables have another type',
    why: 'what they hold now cannot be read as that',
    helps:
      'the former type, or another variable, whose value a rule carries over; or `anew` in the rules, and calls that fill it',
  },
  'live-variable-resized': {
    what: 'variables have another size',
    why: 'what lies behind them in memory belongs to others',
    helps: 'the former size, or another variable; or `anew` in the rules, and calls that fill it',
  },
  'live-variable-alignment': {
    what: 'variables have to lie at multiples of more bytes',
    why: 'they stay where they are',
    helps: 'the former alignment, or another variable; or `anew` in the rules, and calls that fill it',
  },
  'live-variable-thread': {
    what: 'variables of which each thread has its own begin with another value',
    why: 'threads take it from the program as it was started',
    helps: restart,
  },
  'live-variable-unsealed': {
    what: 'constants have become variables',
    why: 'who holds their addresses goes on with what cannot be written to',
    helps: 'another name for the variable',
  },
  'live-variable-table-in-use': {
    what: 'tables have another length or begin anew, and code that is always being run uses them',
    why: 'it would go on with the former',
    helps: `their use in a function that is entered again; else ${restart}`,
  },
  'live-options-module': {
    what: 'a module with options of its own came or went',
    why: 'what runs keeps the options of each module in a place of its own, and has as many places as it had at start',
    helps: restart,
  },
  'live-function-retyped': {
    what: 'functions take or return something else, and others hold their addresses, or code calls them that runs on as it was',
    why: 'that goes on calling them as they were',
    helps: 'another name for the new one',
  },
  'live-function-split': {
    what: 'functions have changed of which the compiler had made one with others, which have not',
    why: 'a jump at their beginning would lead both to one',
    helps: 'builds of `live build`, which keep them apart; or another name for the new one',
  },
  'live-function-mixed-up': {
    what: 'functions of files that have one name come in another order',
    why: 'who holds or calls one of them would be led to another',
    helps: `another name for the file or for the function; else ${restart}`,
  },
  'live-import-copied': {
    what: "a library's variables would have to lie in the program's own memory",
    why: 'what runs has no place for them',
    helps: 'a function of the library that returns them',
  },
  'live-import-thread': {
    what: 'variables of libraries are asked for of which each thread has its own',
    why: 'their places were given out when the process started',
    helps: 'a function of the library that returns them',
  },
  'live-import-static': {
    what: 'names come out of a static library',
    why: 'they are linked into the next program itself, and an update does not bring them',
    helps: `what the former program has; else ${restart}`,
  },
  'live-import-version': {
    what: 'libraries are asked for another version of a name',
    why: 'what runs was bound to the former version',
    helps: 'both builds on one system, the one whose libraries run',
  },
  'live-type-member-value': {
    what: 'new members lie in the room, and nobody has said what they begin with',
    why: 'in objects that exist they would be zero, which new code may take for something',
    helps: 'a line for each in the rules, under `members`',
  },
  'live-type-member-sign': {
    what: 'members are integers with a sign now, or without one',
    why: 'what objects that exist hold there is only the same where it is small enough for both',
    helps: 'a line for each in the rules, under `members`: `keep`, or what it shall hold',
  },
  'live-variable-sign': {
    what: 'variables are integers with a sign now, or without one',
    why: 'what they hold now is only the same where it is small enough for both',
    helps: '`keep` in the rules, where it is',
  },
  'live-variable-moved': {
    what: 'variables are seen by other files than those of the same name that are gone',
    why: 'they would begin as they are declared, and what the former hold would be lost',
    helps: 'a line for each in the rules, under `up` and `variables`: `copy`, or what it begins with',
  },
  'live-variable-sealed': {
    what: 'variables have become constants',
    why: 'who holds their addresses goes on with the former, which new code takes for others',
    helps: '`anew` in the rules, where nobody does, or may; else variables as before',
  },
  'live-function-left': {
    what: 'functions are gone whose addresses were handed on',
    why: 'who holds them goes on calling them as they were',
    helps: '`gone` in the rules, where nobody does, or may; else the former name, with the new code',
  },
  'live-function-starting': {
    what: 'new functions run by themselves before a program begins',
    why: 'one that runs has begun',
    helps: 'a line for each in the rules, under `up` and `calls`',
  },
  'live-type-reserve': {
    what: 'new members lie in the room',
    why: 'a rule says what they begin with, or the release itself of its options',
    helps: undefined,
  },
  'live-sandbox-changed': {
    what: 'the filter on system calls has changed',
    why: 'a process that runs with Sandbox 1 keeps the one that it has',
    helps: `${restart} of relays that run with Sandbox 1, where new code needs more`,
  },
  'live-options-changed': {
    what: 'options of tor have changed',
    why: 'the list of them that a running tor keeps is made anew, which a directory authority refuses',
    helps: `${restart} of directory authorities`,
  },
  'live-list-kept': {
    what: 'lists of options or keys that are made once have changed',
    why: 'these cannot be made anew: what runs goes on with those that it has',
    helps: `${restart}, where what is new in them is needed`,
  },
  'live-event-added': {
    what: 'periodic events are new',
    why: 'a tor registers its own once, when it starts, and runs no others',
    helps: 'calls in the rules, under `up` and `down`, that register all of them anew',
  },
  'live-import-added': {
    what: 'names are asked of libraries for the first time',
    why: 'new code is bound to where the process has them, and the update is refused where it has not',
    helps: undefined,
  },
  'live-variable-initialiser': {
    what: 'variables begin with another value',
    why: 'the new one is written where memory still has the former, and the update is refused where it has not',
    helps:
      '`keep` in the rules, where the program has written to them and may go on with that, or `anew`, where the new one shall take their place; a call, where something was made from them',
  },
  'live-variable-table': {
    what: 'tables have another length',
    why: 'the new one comes beside the former for all that use it, and the update is refused where the former was written to',
    helps: `\`anew\` in the rules and calls that register it, where it was; else ${restart}`,
  },
  'live-type-member-removed': {
    what: 'members are gone',
    why: 'what they own in objects that exist is never freed',
    helps: undefined,
  },
  'live-type-enumerator-removed': {
    what: 'names of enums are gone',
    why: 'objects that exist may hold their numbers',
    helps: undefined,
  },
  'live-type-enumerator-added': {
    what: 'enums have new names',
    why: 'former code never made such a number',
    helps: undefined,
  },
  'live-variable-added': {
    what: 'variables are new',
    why: 'they begin as they are declared, also where the program would have set them when it started',
    helps: undefined,
  },
  'live-function-gone': {
    what: 'functions are gone whose addresses were handed on',
    why: 'a rule says that nobody holds them, or may go on calling them',
    helps: undefined,
  },
  'live-on-stack-lines': {
    what: 'code that is always being run names other lines in its messages',
    why: 'it goes on naming the former ones',
    helps: undefined,
  },
} as const satisfies Readonly<Record<string, ReasonKind>>;

export type ReasonCode = keyof typeof reasonKinds;

export const kindOf = (code: ReasonCode): ReasonKind => reasonKinds[code];
