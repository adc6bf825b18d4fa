// Changes of C that look like nothing to who compares sizes, and that a running program cannot take. Each is judged as it is written;
// the form that is told beside it, where there is one, can be taken.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveRules } from '../rules/resolve-rules.ts';
import { parseRules } from '../rules/rules.ts';
import { compileBuild } from '../testing/compile.ts';
import { compareBuilds } from './compare-builds.ts';
import type { VerdictKind } from './reason.ts';
import { decideVerdict } from './verdict.ts';

interface Case {
  readonly what: string;
  readonly former: string;
  readonly next: string;
  /** Undefined where it can be taken. */
  readonly code: string | undefined;
  readonly subject?: string;
}

const held = (type: string, use: string): string => `${type} struct kept { long n; tick_t tick; }; struct kept *all;
long work(void) { return ${use}; }
`;
const pair = (type: string): string => `${type} pair_t *all;
int work(void) { return all->a - 2 * all->b; }
`;
const state = (type: string, name: string): string => `${type} struct kept { long n; enum state state; };
struct kept *all; int work(void) { return all->state == ${name}; }
`;
const aligned = (attribute: string): string => `struct kept { long a, b; } ${attribute};
struct kept *all; void work(void) { all->a = all->b; }
`;
const twice = (first: string, second: string): string => `long work(int n) {
  if (n) { static ${first} at; return at += n; }
  { static ${second} at; return at += 2; }
}
`;
const callers = (callee: string, name: string, call: string): string => `#include <stddef.h>
__attribute__((noinline)) ${callee}
__attribute__((noinline)) static long ${name}(long n) { return ${call} + 1; }
struct kept { long (*call)(long); }; struct kept *all;
void start(void) { all->call = ${name}; }
long work(void) { return all->call(4); }
`;
const waits = (callee: string, call: string): string => `struct event_base;
int event_base_loop(struct event_base *, int), event_base_loopbreak(struct event_base *);
struct event_base *tor_libevent_get_base(void) { return (struct event_base *)8; }
void tor_libevent_exit_loop_after_callback(struct event_base *b) { event_base_loopbreak(b); }
__attribute__((noinline)) ${callee}
__attribute__((noinline)) int run_main_loop_once(struct event_base *b) { int n = event_base_loop(b, 1); return (int)${call}; }
int main_loop(struct event_base *b) { int n = 0; while (run_main_loop_once(b) == 0) n++; return n; }
`;
const lateMain = `int (*turn)(struct event_base *) = main_loop;
int main(void) { return turn(0); }
`;
const alike = (
  second: string,
): string => `__attribute__((noinline)) int one(int n) { return n * ${second === '' ? 3 : 4}; }
${second === '' ? 'int two(int) __attribute__((alias("one")));' : `__attribute__((noinline)) int two(int n) { return n * ${second}; }`}
int work(int n) { return one(n) + two(n + 1); }
`;

const cases: readonly Case[] = [
  {
    what: 'a name of a type that stands for another of the same size',
    former: held('typedef unsigned tick_t;', 'all->tick > 5'),
    next: held('typedef float tick_t;', 'all->tick > 5'),
    code: 'live-type-retyped',
    subject: 'typedef tick_t',
  },
  {
    what: 'a name of a type that stands for the same by another name',
    former: held('typedef unsigned long tick_t;', 'all->tick > 5'),
    next: held('typedef unsigned long long tick_t;', 'all->tick > 5'),
    code: undefined,
  },
  {
    what: 'what a function takes that objects hold by a named type',
    former: held('typedef long (*tick_t)(long);', 'all->tick(1)'),
    next: held('typedef long (*tick_t)(long, long);', 'all->tick(1, 2)'),
    code: 'live-type-retyped',
    subject: 'typedef tick_t',
  },
  {
    what: 'a struct without a tag that gets one, and another layout',
    former: pair('typedef struct { int a, b; } pair_t;'),
    next: pair('typedef struct pair { int b, a; } pair_t;'),
    code: 'live-type-member-moved',
    subject: 'typedef pair_t',
  },
  {
    what: 'a struct that gets another tag, and another layout',
    former: pair('typedef struct pair_t { int a, b; } pair_t;'),
    next: pair('typedef struct pair_st { int b, a; } pair_t;'),
    code: 'live-type-member-moved',
    subject: 'typedef pair_t',
  },
  {
    what: 'a struct that gets another tag alone',
    former: pair('typedef struct pair_t { int a, b; } pair_t;'),
    next: pair('typedef struct pair_st { int a, b; } pair_t;'),
    code: undefined,
  },
  {
    what: 'an enum that needs more bytes, which were padding',
    former: state('enum state { A, B };', 'B'),
    next: state('enum state { A, B, C = 0x100000000 };', 'B'),
    code: 'live-type-size',
    subject: 'enum state',
  },
  {
    what: 'a number of an enum that has another name',
    former: state('enum state { A, B, C };', 'B'),
    next: state('enum state { A, OTHER, C };', 'OTHER'),
    code: 'live-type-enumerator-changed',
    subject: 'enum state',
  },
  {
    what: 'an enum that gets a sign, where it lies in bits',
    former: state('enum state { A, B };', 'B').replace('enum state state;', 'enum state state : 1;'),
    next: state('enum state { NONE = -1, A, B };', 'B').replace('enum state state;', 'enum state state : 1;'),
    code: 'live-type-retyped',
    subject: 'enum state',
  },
  {
    what: 'an enum that gets a sign, where it lies in whole numbers',
    former: state('enum state { A, B };', 'B'),
    next: state('enum state { NONE = -1, A, B };', 'B'),
    code: undefined,
  },
  {
    what: 'numbers of an enum that has no name',
    former: 'enum { A, B }; struct kept { int state; } *all; int work(void) { return all->state == B; }',
    next: 'enum { A, NEW, B }; struct kept { int state; } *all; int work(void) { return all->state == B; }',
    code: 'live-type-enumerator-changed',
    subject: 'enum without a name',
  },
  {
    what: 'a type that has to lie at a multiple of more bytes',
    former: aligned(''),
    next: aligned('__attribute__((aligned(16)))'),
    code: 'live-type-alignment',
    subject: 'struct kept',
  },
  {
    what: 'a member behind an array of no elements, where that goes on',
    former: 'struct kept { long n; int a; char more[0]; }; struct kept *all; int work(void) { return all->a; }',
    next: 'struct kept { long n; int a; char more[0]; int late; }; struct kept *all; int work(void) { return all->a; }',
    code: 'live-type-member-added',
    subject: 'struct kept.late',
  },
  {
    what: 'a variable that has to lie at a multiple of more bytes',
    former: 'char bytes[16]; void work(int n) { bytes[n] ^= 1; }',
    next: 'char bytes[16] __attribute__((aligned(64))); void work(int n) { bytes[n] ^= 1; }',
    code: 'live-variable-alignment',
    subject: 'bytes',
  },
  {
    what: 'a constant that has become a variable',
    former: 'const long one[] = { 1, 2 }; const void *kept; long work(int n) { kept = one; return one[n]; }',
    next: 'long one[] = { 1, 2 }; const void *kept; long work(int n) { kept = one; return one[n]++; }',
    code: 'live-variable-unsealed',
    subject: 'one',
  },
  {
    what: 'another value that the variable of each thread begins with',
    former: 'static __thread int left = 5; int work(int n) { return left -= n; }',
    next: 'static __thread int left = 7; int work(int n) { return left -= n; }',
    code: 'live-variable-thread',
    subject: 'program.c:left',
  },
  {
    what: 'a member whose bytes come in the other order',
    former: 'struct kept { int n; }; struct kept *all; int work(void) { return all->n; }',
    next: 'struct __attribute__((scalar_storage_order("big-endian"))) kept { int n; }; struct kept *all; int work(void) { return all->n; }',
    code: 'live-type-member-retyped',
    subject: 'struct kept',
  },
  {
    what: 'two variables of one name in one function, in another order',
    former: twice('long', 'double'),
    next: twice('double', 'long'),
    code: 'live-variable-retyped',
    subject: 'program.c:work.at',
  },
  {
    what: 'one variable more of that name in that function',
    former: twice('long', 'long').replace('static long at; return at += 2;', 'return 2;'),
    next: twice('long', 'long'),
    code: 'live-variable-retyped',
    subject: 'program.c:work.at',
  },
  {
    what: 'another type of a function that is only called, by one that is gone and that objects hold',
    former: callers('long callee(long n) { return n * 3; }', 'former', 'callee(n)'),
    next: callers('long callee(long n, long more) { return n * 3 + more; }', 'latter', 'callee(n, 9)'),
    code: 'live-function-retyped',
    subject: 'callee',
  },
  {
    what: 'another type of a function that is called once the wait is over',
    former: waits('long callee(long n) { return n * 3; }', 'callee(n)'),
    next: waits('long callee(long n, long more) { return n * 3 + more; }', 'callee(n, 9)'),
    code: 'live-function-retyped',
    subject: 'callee',
  },
  {
    what: 'a function that was one with another, which has not changed with it',
    former: alike(''),
    next: alike('3'),
    code: 'live-function-split',
    subject: 'one',
  },
  {
    what: 'anything where nobody knows how it comes to wait',
    former: waits('long callee(long n) { return n * 3; }', 'callee(n)').concat(lateMain),
    next: waits('long callee(long n) { return n * 5; }', 'callee(n)').concat(lateMain),
    code: 'live-on-stack-unknown',
    subject: 'main',
  },
  {
    what: 'functions that were one, and have changed alike',
    former: alike(''),
    next: alike('').replace('n * 3', 'n * 5'),
    code: undefined,
  },
];

const compare = (former: string, next: string, rules?: string) => {
  const [from, to] = [former, next].map((text) => compileBuild({ 'program.c': text }));
  assert.ok(from !== undefined && to !== undefined);
  const differences = compareBuilds(from, to);
  const { declared } = resolveRules(
    rules === undefined ? undefined : parseRules(rules, 'rules.yaml'),
    { former: from, next: to },
    differences,
    'rules.yaml',
  );
  return { differences, ...decideVerdict(differences, declared) };
};

describe('a program that runs', () => {
  for (const { what, former, next, code, subject } of cases) {
    it(`can${code === undefined ? '' : 'not'} take ${what}`, () => {
      const { verdict, reasons } = compare(former, next);
      const [first] = reasons.filter(({ weight }) => weight !== 'note');
      assert.deepEqual([first?.code, first?.subject], [code, subject], JSON.stringify(reasons));
      const wanted: VerdictKind = code === undefined ? 'code-only' : 'refuse';
      assert.equal(verdict, wanted);
    });
  }

  it('takes a type that stands for another, and an enum with other numbers, where a rule says that none of it lives', () => {
    const rules = 'schema: tearless.live-rules/v1\npassing: [tick_t]\n';
    const [before, after] = ['unsigned', 'float'].map((type) => held(`typedef ${type} tick_t;`, 'all->tick > 5'));
    assert.equal(compare(before ?? '', after ?? '', rules).verdict, 'code-only');
    const numbers = 'schema: tearless.live-rules/v1\npassing: [enum state]\n';
    const [one, other] = ['A, B', 'A, NEW, B'].map((names) => state(`enum state { ${names} };`, 'B'));
    assert.equal(compare(one ?? '', other ?? '', numbers).verdict, 'code-only');
  });

  it('has to be told what a variable begins with that others see no more, and what it held', () => {
    const former = 'long count = 4; long work(long n) { return count += n; }\n';
    const next = `static ${former}`;
    const rules = 'schema: tearless.live-rules/v1\nup:\n  variables:\n    program.c:count: { copy: count }\n';
    const { verdict, reasons } = compare(former, next);
    assert.deepEqual(
      [verdict, reasons[0]?.code, reasons[0]?.subject],
      ['needs-rule', 'live-variable-moved', 'program.c:count'],
    );
    assert.equal(compare(former, next, rules).verdict, 'code-only');
    const inside = 'long work(long n) { static long count = 4; return count += n; }\n';
    assert.equal(compare(former, inside).reasons[0]?.code, 'live-variable-moved');
  });

  it('has to be told that nobody holds a variable that has become a constant', () => {
    const text = (sort: string): string => `struct ways { int a; }; ${sort} struct ways usual = { 1 };
const struct ways *taken; int work(void) { taken = &usual; return taken->a; }
`;
    const { verdict, reasons } = compare(text(''), text('const'));
    assert.deepEqual([verdict, reasons[0]?.code, reasons[0]?.subject], ['needs-rule', 'live-variable-sealed', 'usual']);
    const rules = 'schema: tearless.live-rules/v1\nanew: [usual]\n';
    assert.equal(compare(text(''), text('const'), rules).verdict, 'code-only');
  });

  it('has members between others written, since nobody need have made that zero', () => {
    const text = (more: string): string => `struct kept { struct kept *next; char a; ${more}int b; }; struct kept *all;
int work(void) { return all->a + all->b; }
`;
    const judge = (value: string) =>
      compare(
        text(''),
        text('char late; '),
        `schema: tearless.live-rules/v1\nmembers:\n  struct kept.late: ${value}\n`,
      );
    const { verdict, reasons } = judge('zero');
    assert.deepEqual([verdict, reasons[0]?.code], ['needs-rule', 'live-type-member-value']);
    assert.equal(judge('{ value: 0, of: { from: all, through: [{ next: next }] } }').verdict, 'uses-reserve');
  });

  it('has what begins by itself called, since it has begun', () => {
    const former = 'long count; long work(long n) { return count += n; }\n';
    const next = `${former}__attribute__((constructor)) static void begin(void) { count = 5; }\n`;
    const { verdict, reasons } = compare(former, next);
    assert.deepEqual(
      [verdict, reasons[0]?.code, reasons[0]?.subject],
      ['needs-rule', 'live-function-starting', 'program.c:begin'],
    );
    assert.equal(
      compare(former, next, 'schema: tearless.live-rules/v1\nup: { calls: [begin()] }\n').verdict,
      'code-only',
    );
    assert.equal(compare(next, next).verdict, 'code-only');
  });

  it('is not asked of statics of functions, which begin anew with their function', () => {
    const text = (name: string): string => `long ${name}(long n) { static long count; return count += n; }\n`;
    const { verdict, reasons } = compare(text('former'), text('latter'));
    assert.deepEqual([verdict, reasons.map(({ code }) => code)], ['code-only', ['live-variable-added']]);
  });

  it('goes on calling what is gone where its address is held, unless a rule says that nobody does', () => {
    const callee = (more: string): string => `long callee(long n${more}) { return n * 3; }`;
    const rules = 'schema: tearless.live-rules/v1\ngone: [program.c:former]\n';
    const [former, latter] = [callers(callee(''), 'former', 'callee(n)'), callers(callee(''), 'latter', 'callee(n)')];
    const { verdict, reasons } = compare(former, latter);
    assert.deepEqual(
      [verdict, reasons.map(({ code, subject }) => [code, subject])],
      ['needs-rule', [['live-function-left', 'program.c:former']]],
    );
    const said = compare(former, latter, rules);
    assert.deepEqual([said.verdict, said.reasons.map(({ code }) => code)], ['code-only', ['live-function-gone']]);
    assert.equal(compare(former, callers(callee(', long m'), 'latter', 'callee(n, 1)'), rules).verdict, 'code-only');
    assert.throws(() => compare(former, former, rules), /it is there in the next build/);
  });
});

describe('what changed', () => {
  const changed = (former: string, next: string) => Object.fromEntries(compare(former, next).differences.code.changed);

  it('is a number that differs by as many lines as its function has moved, and is none', () => {
    const text = (number: number): string =>
      `int other(int, int);\nint work(int n) { return other(n, ${number}) + 1; }\nint next(int n) { return n; }\n`;
    assert.deepEqual(changed(text(10), `\n${text(11)}`), { work: 'code' });
  });

  it('is the lines alone of a part that was a function', () => {
    const text = `#include <assert.h>
static inline __attribute__((always_inline)) int part(int n) {
  assert(n < 1000);
  return n * 3;
}
int work(int n) { return part(n) + part(n * 2); }
`;
    assert.deepEqual(changed(text, `\n\n${text}`), { work: 'lines' });
  });

  it('is which variable of each thread is meant', () => {
    const text = (
      name: string,
    ): string => `static __thread int a, b; int *left(void) { return &a; } int *right(void) { return &b; }
int work(void) { return ${name}++; }
`;
    assert.deepEqual(changed(text('a'), text('b')), { work: 'references' });
  });

  it('is code that has no name of a function', () => {
    const text = (
      number: number,
    ): string => `asm(".text\\nnameless: mov $${number}, %eax\\nret\\n"); int nameless(void);
int work(void) { return nameless(); }
`;
    assert.deepEqual(changed(text(1), text(2)), { work: 'references' });
  });

  it('is what the compiler made of a function for one that never ends, which goes on calling that', () => {
    const text = (number: number): string => `int pthread_cond_wait(void *, void *);
static __attribute__((noinline)) int part(int n, int unused) { (void)unused; return n * ${number}; }
int turn(int n) { for (;;) { if (pthread_cond_wait(0, 0)) return n; n += part(n, 7); } }
`;
    const { differences, verdict, reasons } = compare(text(3), text(5));
    const [key = ''] = differences.code.changed.keys();
    assert.match(key, /^program\.c:part\.(isra|constprop)/);
    assert.deepEqual([verdict, reasons[0]?.code, reasons[0]?.subject], ['refuse', 'live-on-stack-code', key]);
  });

  it('is what waits by the slots of libraries, too', () => {
    const text = `__attribute__((noplt)) int pthread_cond_wait(void *, void *);
int turn(int n) { return pthread_cond_wait(0, 0) + n; }
`;
    const { verdict, reasons } = compare(text, text.replace('+ n', '+ 2 * n'));
    assert.deepEqual([verdict, reasons[0]?.code, reasons[0]?.subject], ['refuse', 'live-on-stack-code', 'turn']);
  });
});
