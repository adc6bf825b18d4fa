import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Declared, nothingDeclared, resolveRules } from '../rules/resolve-rules.ts';
import { parseRules } from '../rules/rules.ts';
import { compileBuild } from '../testing/compile.ts';
import { compareBuilds } from './compare-builds.ts';
import type { VerdictKind } from './reason.ts';
import { decideVerdict } from './verdict.ts';

const base = `#include <assert.h>
#include <stddef.h>
enum state { IDLE, OPEN, CLOSED };
struct conn { int fd; unsigned flag : 1; enum state state; char *name; unsigned long tearless_reserve[4]; };
struct event_base;
int event_base_loop(struct event_base *, int);
int event_base_loopbreak(struct event_base *);
struct event_base *tor_libevent_get_base(void) { return (struct event_base *)8; }
void tor_libevent_exit_loop_after_callback(struct event_base *b) { event_base_loopbreak(b); }
static const char *const greetings[] = { "hello", "welcome" };
static int limits[] = { 10, 20, 30 };
int counter = 1;
__attribute__((noinline)) static int helper(struct conn *c, int n) {
  static int calls;
  assert(n < 1000);
  return ++calls + n + c->fd;
}
__attribute__((noinline)) static int other(int n) { static int calls = 3; return calls += n; }
int work(struct conn *c) { return helper(c, c->fd * 7) + other(c->fd) + limits[c->fd & 1]++ + counter + (greetings[c->fd & 1][0] == 'h') + (c->state == OPEN); }
__attribute__((noinline)) int run_main_loop_once(struct event_base *b) { return event_base_loop(b, 1); }
int main_loop(struct event_base *b) { int n = 0; while (run_main_loop_once(b) == 0) n++; return n; }
`;
const former = compileBuild({ 'program.c': base });

const change = (from: string, to: string): string => {
  assert.ok(base.includes(from), from);
  return base.replace(from, to);
};

const compare = (source: string, declared?: Declared, from = former) => {
  const differences = compareBuilds(from, compileBuild({ 'program.c': source }));
  return { ...differences, ...decideVerdict(differences, declared) };
};

interface Case {
  readonly what: string;
  readonly source: string;
  /** Where that is not the usual program. */
  readonly former?: string;
  readonly verdict: VerdictKind;
  /** Of the first reason that counts. */
  readonly code?: string;
  readonly subject?: string;
}

const cases: readonly Case[] = [
  { what: 'the same program', source: base, verdict: 'code-only' },
  { what: 'a changed function', source: change('n + c->fd', 'n * 3 + c->fd'), verdict: 'code-only' },
  { what: 'a new function', source: `${base}int extra(void) { return counter; }\n`, verdict: 'code-only' },
  { what: 'a new variable', source: `${base}int added = 5; int use(void) { return added++; }\n`, verdict: 'code-only' },
  {
    what: 'a moved member',
    source: change('int fd; unsigned flag : 1;', 'unsigned flag : 1; int fd;'),
    verdict: 'refuse',
    code: 'live-type-member-moved',
    subject: 'struct conn',
  },
  {
    what: 'a bit-field that moved within its byte',
    source: change('unsigned flag : 1;', 'unsigned before : 1; unsigned flag : 1;'),
    verdict: 'refuse',
    code: 'live-type-member-added',
    subject: 'struct conn.before',
  },
  {
    what: 'a member of another type of the same size',
    source: change('char *name;', 'unsigned long name;'),
    verdict: 'refuse',
    code: 'live-type-member-retyped',
    subject: 'struct conn',
  },
  {
    what: 'a member beyond the end',
    source: change('tearless_reserve[4];', 'tearless_reserve[4]; int late;'),
    verdict: 'refuse',
    code: 'live-type-size',
    subject: 'struct conn',
  },
  {
    what: 'a member in the reserve of which nobody says what it begins with',
    source: change('unsigned long tearless_reserve[4];', 'long window; unsigned long tearless_reserve[3];'),
    verdict: 'needs-rule',
    code: 'live-type-member-value',
    subject: 'struct conn.window',
  },
  {
    what: 'an enumerator with another value',
    source: change('IDLE, OPEN', 'IDLE, OPENING, OPEN'),
    verdict: 'refuse',
    code: 'live-type-enumerator-changed',
    subject: 'enum state',
  },
  {
    what: 'a variable of another type',
    source: change('int counter = 1;', 'float counter = 1;'),
    verdict: 'refuse',
    code: 'live-variable-retyped',
    subject: 'counter',
  },
  {
    what: 'a variable that has no sign any more',
    source: change('int counter = 1;', 'unsigned counter = 1;'),
    verdict: 'needs-rule',
    code: 'live-variable-sign',
    subject: 'counter',
  },
  {
    what: 'a member that has no sign any more',
    source: change('int fd; unsigned flag', 'unsigned fd; unsigned flag'),
    verdict: 'needs-rule',
    code: 'live-type-member-sign',
    subject: 'struct conn.fd',
  },
  {
    what: 'a member of another type, which lies in the reserve now',
    source: change('int fd; unsigned flag : 1;', 'int tearless_gone_fd; unsigned flag : 1;').replace(
      'unsigned long tearless_reserve[4];',
      'short fd; unsigned long tearless_reserve[3];',
    ),
    verdict: 'needs-rule',
    code: 'live-type-member-value',
    subject: 'struct conn.fd',
  },
  {
    what: 'a table of which another holds the address, and that has grown',
    source: change('{ 10, 20, 30 };', '{ 10, 20, 30, 40 };\nint *kept = limits;'),
    verdict: 'refuse',
    code: 'live-variable-retyped',
    subject: 'program.c:limits',
  },
  {
    what: 'another type of a function that is held by its address',
    source: change(
      'int counter = 1;',
      'int counter = 1;\nint taken(int n, int m) { return n + m; }\nvoid *holder = (void *)taken;',
    ),
    former: change(
      'int counter = 1;',
      'int counter = 1;\nint taken(int n) { return n; }\nvoid *holder = (void *)taken;',
    ),
    verdict: 'refuse',
    code: 'live-function-retyped',
    subject: 'taken',
  },
  {
    what: 'another type of a function that is only called',
    source: change(
      'int counter = 1;',
      'int counter = 1;\n__attribute__((noinline)) int called(int n, int m) { return n + m; }\nint caller(int n) { return called(n, 1); }',
    ),
    former: change(
      'int counter = 1;',
      'int counter = 1;\n__attribute__((noinline)) int called(int n) { return n; }\nint caller(int n) { return called(n); }',
    ),
    verdict: 'code-only',
  },
  {
    what: 'a bit-field in what was padding, of which nobody says what it begins with',
    source: change('unsigned flag : 1; enum', 'unsigned flag : 1; unsigned late : 1; enum'),
    verdict: 'needs-rule',
    code: 'live-type-member-value',
    subject: 'struct conn.late',
  },
  {
    what: 'a change in what is never entered again',
    source: change('n++; return n;', 'n += 2; return n;'),
    verdict: 'refuse',
    code: 'live-on-stack-code',
    subject: 'main_loop',
  },
];

describe('the verdict', () => {
  for (const { what, source, former: before, verdict, code, subject } of cases) {
    it(`on ${what} is ${verdict}`, () => {
      const found = compare(source, undefined, before === undefined ? former : compileBuild({ 'program.c': before }));
      const [first] = found.reasons.filter(({ weight }) => weight !== 'note');
      assert.equal(found.verdict, verdict, JSON.stringify(found.reasons));
      assert.deepEqual([first?.code, first?.subject], [code, subject]);
    });
  }

  it('takes a member in the reserve when a rule says what it begins with', () => {
    const source = change('unsigned long tearless_reserve[4];', 'long window; unsigned long tearless_reserve[3];');
    assert.equal(
      compare(source, {
        ...nothingDeclared,
        members: new Set(['struct conn.window']),
        zeros: new Set(['struct conn.window']),
      }).verdict,
      'uses-reserve',
    );
  });

  it('tells of a filter on system calls that a process could not take', () => {
    const source = 'static int calls[] = { 1, 2, 3 };\nint filter(int n) { return calls[n]++; }\n';
    const [before, after] = [source, source.replace('2, 3', '2, 4')].map((text) => compileBuild({ 'sandbox.c': text }));
    assert.ok(before !== undefined && after !== undefined);
    const { reasons } = decideVerdict(compareBuilds(before, after));
    assert.ok(reasons.some(({ code, subject }) => code === 'live-sandbox-changed' && subject === 'sandbox.c'));
    assert.match(reasons.find(({ subject }) => subject === 'sandbox.c')?.detail ?? '', /\(calls\)/);
  });

  it('refuses a program that is linked with another library', () => {
    const next = {
      ...former,
      image: { ...former.image, asked: { ...former.image.asked, libraries: ['libevent-3.0.so.1'] } },
    };
    const { verdict, reasons } = decideVerdict(compareBuilds(former, next));
    assert.deepEqual(
      [verdict, reasons.map(({ code, subject }) => [code, subject])],
      ['refuse', [['live-library-changed', 'libevent-3.0.so.1']]],
    );
  });

  it('refuses any change of a type that may lie behind a void *, unless a rule says that none of it lives', () => {
    const text = (members: string) =>
      `#include <stdlib.h>\nstruct item { ${members} };\nvoid *kept[9];\nint keep(int n) { struct item *one = malloc(sizeof *one); one->b = n; kept[n] = one; return one->b; }\n`;
    const [before, after] = ['int a, b;', 'int b, a;'].map((members) => compileBuild({ 'program.c': text(members) }));
    assert.ok(before !== undefined && after !== undefined);
    const differences = compareBuilds(before, after);
    const { verdict, reasons } = decideVerdict(differences);
    assert.deepEqual([verdict, reasons[0]?.subject], ['refuse', 'struct item']);
    assert.match(reasons[0]?.reached ?? '', /void \*/);
    const passing = { ...nothingDeclared, passing: new Set(['struct item']) };
    assert.equal(decideVerdict(differences, passing).verdict, 'code-only');
  });

  it('says on which way a type is reached that stands in the way', () => {
    const source = `${base}struct conn *all[4];\n`;
    const from = compileBuild({ 'program.c': source });
    const { reasons } = compare(
      source.replace('int fd; unsigned flag : 1;', 'unsigned flag : 1; int fd;'),
      undefined,
      from,
    );
    assert.equal(reasons[0]?.reached, 'variable all');
  });

  it('tells of members that are gone, and what they may leave behind', () => {
    const { reasons } = compare(change('char *name;', 'long name_is_gone_pad;'));
    assert.ok(reasons.some(({ code, detail }) => code === 'live-type-member-removed' && /never freed/.test(detail)));
  });

  it('tells of a table that begins with other values', () => {
    const { reasons, verdict } = compare(change('{ 10, 20, 30 }', '{ 10, 25, 30 }'));
    assert.equal(verdict, 'code-only');
    assert.deepEqual(
      reasons.map(({ code, subject, weight }) => [code, subject, weight]),
      [['live-variable-initialiser', 'program.c:limits', 'note']],
    );
  });

  it('tells what becomes of variables that a rule lets begin anew, and refuses where code that never ends uses them', () => {
    const turning = change('n++; return n;', 'n += limits[0]; return n;');
    const find = (source: string, table: string) => {
      const [from, to] = [source, source.replace('{ 10, 20, 30 }', table)].map((text) =>
        compileBuild({ 'program.c': text }),
      );
      assert.ok(from !== undefined && to !== undefined);
      const differences = compareBuilds(from, to);
      const rules = parseRules('schema: tearless.live-rules/v1\nanew: [limits]\n', 'rules.yaml');
      const { declared } = resolveRules(rules, { former: from, next: to }, differences, 'rules.yaml');
      const { verdict, reasons } = decideVerdict(differences, declared);
      const [first] = reasons;
      return [verdict, first?.code, first?.subject, first?.detail.replace(/^.*former, /, '')];
    };
    const left = 'for work, which alone uses it; a rule leaves behind what was written to the former';
    const stuck = /main_loop, which is always being run, goes on using the former$/;
    assert.deepEqual(find(base, '{ 10, 25, 30 }'), [
      'code-only',
      'live-variable-initialiser',
      'program.c:limits',
      left,
    ]);
    assert.deepEqual(find(base, '{ 10, 20, 30, 40 }'), ['code-only', 'live-variable-table', 'program.c:limits', left]);
    for (const table of ['{ 10, 25, 30 }', '{ 10, 20, 30, 40 }']) {
      const [verdict, code, subject, detail] = find(turning, table);
      assert.deepEqual([verdict, code, subject], ['refuse', 'live-variable-table-in-use', 'program.c:limits']);
      assert.match(detail ?? '', stuck);
    }
  });
});

describe('what changed in the code', () => {
  const changed = (source: string) => Object.fromEntries(compare(source).code.changed);

  it('is nothing between two builds of one source', () => {
    const { code, variables } = compare(base);
    assert.deepEqual([code.changed.size, code.added, code.removed], [0, [], []]);
    assert.deepEqual([variables.changed.size, variables.added, variables.removed], [0, [], []]);
    assert.ok(code.same >= 5);
  });

  it('is other code, other references, or line numbers alone', () => {
    assert.deepEqual(changed(change('n + c->fd', 'n * 3 + c->fd')), { 'program.c:helper': 'code' });
    assert.deepEqual(changed(change('"welcome"', '"come in"')), { work: 'references' });
    assert.deepEqual(changed(change('int counter = 1;', '\n\n\nint counter = 1;')), { 'program.c:helper': 'lines' });
  });

  it('is not a static variable that the compiler has numbered otherwise', () => {
    const source = change(
      'int work(struct',
      'int before(void) { static int calls = 9; return calls++; }\nint work(struct',
    );
    const { code, variables } = compare(source);
    assert.deepEqual([Object.fromEntries(code.changed), code.added], [{}, ['before']]);
    assert.deepEqual(variables.added, ['program.c:before.calls']);
    assert.equal(variables.changed.size, 0);
  });

  it('is not what a warning remembers that stands in another line now', () => {
    const source = (line: number) =>
      `${base}int warn(int n) { static int warning_logged_on_${line}__ = 0; if (!warning_logged_on_${line}__++) n++; return n; }\n`;
    const { code, variables } = compare(source(205), undefined, compileBuild({ 'program.c': source(117) }));
    assert.deepEqual([[...code.changed], variables.added, variables.removed], [[], [], []]);
  });

  it('refuses names that no library brings', () => {
    const { verdict, newImports } = compare(
      change('return calls += n;', 'extern int outside(int); return calls += outside(n);'),
    );
    assert.deepEqual([verdict, newImports], ['refuse', [{ name: 'outside', kind: 'static' }]]);
  });

  it('tells which library has to bring what was not asked for before', () => {
    const { verdict, reasons } = compare(
      change('return calls += n;', 'extern int abs(int), atoi(const char *); return calls += atoi("7") + n;'),
    );
    const [reason] = reasons;
    assert.deepEqual([verdict, reason?.code, reason?.subject], ['code-only', 'live-import-added', 'atoi']);
    assert.match(reason?.detail ?? '', /^libc\.so\.6 has to bring it \(GLIBC_2\.2\.5\)/);
  });

  it('refuses another version of what a library brings', () => {
    const { names, libraries } = former.image.asked;
    const other = { version: 'GLIBC_9', library: 'libc.so.6', isThread: false, isCopied: false };
    const [name = ''] = [...names].find(([, { version }]) => version?.startsWith('GLIBC')) ?? [];
    const asked = { libraries, names: new Map([...names, [name, other]]) };
    const next = { ...former, image: { ...former.image, asked } };
    const { verdict, reasons } = decideVerdict(compareBuilds(former, next));
    assert.deepEqual([verdict, reasons[0]?.code, reasons[0]?.subject], ['refuse', 'live-import-version', name]);
  });

  it('refuses what a library brought and the next program has out of a static one', () => {
    const { names, libraries } = former.image.asked;
    const [name = ''] = [...names].find(([, { version }]) => version?.startsWith('GLIBC')) ?? [];
    const asked = { libraries, names: new Map([...names].filter(([one]) => one !== name)) };
    const { verdict, reasons } = decideVerdict(compareBuilds(former, { ...former, image: { ...former.image, asked } }));
    assert.deepEqual([verdict, reasons[0]?.code, reasons[0]?.subject], ['refuse', 'live-import-static', name]);
  });

  it('is taken up where what waits is called again', () => {
    const { verdict, code } = compare(change('{ return event_base_loop(b, 1); }', '{ return event_base_loop(b, 3); }'));
    assert.deepEqual([verdict, Object.fromEntries(code.changed)], ['code-only', { run_main_loop_once: 'code' }]);
  });

  it('is never taken up where the update cannot make the program leave its event loop', () => {
    const [before, after] = [base, change('return event_base_loop(b, 1); }', 'return event_base_loop(b, 3); }')].map(
      (text) =>
        compileBuild({ 'program.c': text.replaceAll('tor_libevent_exit_loop_after_callback', 'something_else') }),
    );
    assert.ok(before !== undefined && after !== undefined);
    const { verdict, reasons } = decideVerdict(compareBuilds(before, after));
    assert.deepEqual([verdict, reasons[0]?.subject], ['refuse', 'run_main_loop_once']);
  });

  it('knows what is never entered again, and on which way', () => {
    const { onStack } = compare(base);
    assert.deepEqual([...onStack.keys()], ['main_loop']);
    assert.deepEqual(onStack.get('main_loop'), ['run_main_loop_once', 'event_base_loop']);
  });
});
