import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileBuild } from '../testing/compile.ts';
import { compareBuilds } from '../verdict/compare-builds.ts';
import { type Call, parseCall } from './parse-call.ts';
import { resolveRules } from './resolve-rules.ts';
import { parseRules } from './rules.ts';

const head = 'schema: tearless.live-rules/v1\n';
const source = `enum state { IDLE, OPEN = 7 };
typedef struct smartlist_t { void **list; int num_used; int capacity; } smartlist_t;
struct conn { int fd; unsigned kind : 3; enum state state; struct conn *next; float rate; long tearless_reserve[4]; };
struct sub { struct conn base_; int depth; };
smartlist_t *all;
struct conn *first;
struct sub subs[4];
static int limits[3] = { 1, 2, 3 };
long counter = 5;
char version[40];
int wide = 3;
int held = 4;
int *holder = &held;
static int grown[2] = { 1, 2 };
int copies[2];
int gone = 1;
__attribute__((noinline)) void note(const char *text, int level) { version[level] = text[0]; }
__attribute__((noinline)) struct conn *head(void) { return first; }
__attribute__((noinline)) int closed(struct conn *c) { return c->fd + limits[c->kind & 1]++; }
static inline int inlined(int n) { return n + 1; }
int work(int n) { note("x", n); return closed(head()) + inlined(n) + (int)counter + subs[1].depth + all->num_used + wide++ + *holder + grown[n & 1]++ + copies[n & 1]++ + gone++; }
`;
const former = compileBuild({ 'program.c': source });
const next = compileBuild({
  'program.c': source
    .replace(
      'long tearless_reserve[4]',
      'long window; unsigned late : 2; int deep; float quick; long tearless_reserve[1]',
    )
    .replace('counter = 5', 'counter = 6')
    .replaceAll('gone', 'instead')
    .replace('int wide = 3', 'long wide = 3')
    .replace('held = 4', 'held = 5')
    .replace('grown[2] = { 1, 2 }', 'grown[3] = { 1, 2, 3 }'),
});
const differences = compareBuilds(former, next);
const resolve = (text: string) =>
  resolveRules(parseRules(head + text, 'r.yaml'), { former, next }, differences, 'r.yaml');

describe('the form of rules', () => {
  it('is refused with its file where it says something else', () => {
    for (const bad of ['', '[', 'members: {}', `${head}members: { 'struct conn.window': seven.5 }`, `${head}more: 1\n`])
      assert.throws(() => parseRules(bad, 'r.yaml'), { code: 'live-rules-bad', message: /^r\.yaml: / });
  });

  it('is text: of another file nothing is shown', () => {
    const program = Buffer.from('7f454c46020100005c1b5b33316d0a0b420050', 'hex').toString('latin1');
    assert.throws(() => parseRules(program, 'tor'), { code: 'live-rules-bad', message: 'tor: it is no text' });
  });

  it('has calls as C writes them', () => {
    const call: Call = {
      kind: 'call',
      name: 'f',
      arguments: [
        { kind: 'call', name: 'g', arguments: [] },
        { kind: 'number', value: -16n },
        { kind: 'text', text: 'say "x"' },
        { kind: 'name', name: 'OPEN' },
      ],
    };
    assert.deepEqual(parseCall(' f( g(), -0x10, "say \\"x\\"" , OPEN)'), call);
  });

  it('has nothing in calls that is none', () => {
    for (const bad of [
      'f',
      'f(',
      'f()g()',
      'f(); g()',
      'f(1,)',
      'f("a\nb")',
      'f(*p)',
      'f(a->b)',
      'f(1,2,3,4,5,6,7)',
      '"f"()',
    ])
      assert.throws(() => parseCall(bad), /^Error: '/, bad);
  });
});

describe('rules beside two builds', () => {
  const way = 'of: { from: first, through: [{ next: next }] }';

  it('declare what new members begin with', () => {
    const { declared, actions } = resolve(`members: { 'struct conn.window': zero, conn.deep: { value: 3, ${way} } }`);
    assert.deepEqual([...declared.members], ['struct conn.window', 'struct conn.deep']);
    assert.deepEqual([actions.members.length, actions.up.length], [1, 0]);
  });

  it('let variables begin anew that begin otherwise, or are longer, with the functions that use them', () => {
    const { declared } = resolve('anew: [counter, program.c:grown, wide]');
    assert.deepEqual(
      [...declared.anew],
      [
        ['counter', ['work']],
        ['program.c:grown', ['work']],
        ['wide', ['work']],
      ],
    );
  });

  const misfits: readonly (readonly [what: string, text: string, why: RegExp])[] = [
    [
      'a member that is not there',
      "members: { 'struct conn.widnow': zero }",
      /struct conn\.widnow: this update adds no such member/,
    ],
    [
      'a member that the update does not add',
      "members: { 'struct conn.fd': zero }",
      /struct conn\.fd: this update adds no such member/,
    ],
    ['a type that is not there', "members: { 'struct con.window': zero }", /there is no struct con/],
    ['a number that does not fit', `members: { 'struct conn.late': { value: 4, ${way} } }`, /4 does not fit 2 bits/],
    ['a number where none belongs', `members: { 'struct conn.quick': { value: 4, ${way} } }`, /float is no number/],
    [
      'an enumerator that is not there',
      `members: { 'struct conn.deep': { value: SHUT, ${way} } }`,
      /no enumerator SHUT/,
    ],
    [
      'a copy of what is no number',
      `members: { 'struct conn.window': { copy: rate, ${way} } }`,
      /rate is float, and window/,
    ],
    ['a copy of nothing', `members: { 'struct conn.window': { copy: lost, ${way} } }`, /has no member lost/],
    [
      'a copy of itself',
      `members: { 'struct conn.window': { copy: window, ${way} } }`,
      /window lies where window does: there is nothing to copy/,
    ],
    [
      'what has the sign that it had',
      `members: { 'struct conn.window': keep }`,
      /it has a sign, or none, in both builds/,
    ],
    [
      'a way that leads elsewhere',
      "members: { 'struct conn.deep': { value: 1, of: { from: subs, through: [{ each: sub }] } } }",
      /leads to struct sub/,
    ],
    [
      'a way over what is no list',
      "members: { 'struct conn.deep': { value: 1, of: { from: first, through: [{ each: conn }] } } }",
      /neither a smartlist nor an array/,
    ],
    [
      'a way by a member that leads to another type',
      "members: { 'struct conn.deep': { value: 1, of: { from: first, through: [{ next: fd }] } } }",
      /leads to no other struct conn/,
    ],
    ['a variable that is not there', 'up: { variables: { conuter: 1 } }', /there is no variable conuter/],
    ['a kept variable that begins as before', 'keep: [version]', /begins with the same value/],
    ['a kept variable of another length', 'keep: [grown]', /grown: it has another type or length/],
    ['a variable that shall begin anew as before', 'anew: [version]', /version: it begins with the same value in both/],
    ['a variable that is kept and begins anew', 'keep: [counter]\nanew: [counter]', /counter: another rule keeps it/],
    ['a variable that other data leads to and that shall begin anew', 'anew: [held]', /held: other data holds its ad/],
    ['a variable that is gone and shall begin anew', 'anew: [gone]', /gone: the next build has no such variable/],
    ['a variable that is not there and shall begin anew', 'anew: [conuter]', /there is no variable conuter/],
    [
      'the way back to set what lies elsewhere',
      'anew: [counter]\ndown: { variables: { counter: 3 } }',
      /counter lies elsewhere in the next build/,
    ],
    [
      'a copy of what lies elsewhere',
      'up: { variables: { copies: { copy: grown } } }',
      /program\.c:grown lies elsewhere in the next build/,
    ],
    ['a function that is not there', "up: { calls: ['nota(1)'] }", /there is no function nota/],
    ['a function that is part of its callers', "up: { calls: ['inlined(1)'] }", /no code of its own/],
    ['too few arguments', 'up: { calls: [\'note("x")\'] }', /takes 2 arguments, not 1/],
    ['a number for a text', "up: { calls: ['note(5, 5)'] }", /takes const char \*, not a number/],
    ['a text for a number', 'up: { calls: [\'note("x", "y")\'] }', /takes int, not a text/],
    [
      'what another function returns in the wrong place',
      "up: { calls: ['note(head(), 1)'] }",
      /not the struct conn \* of head/,
    ],
  ];
  for (const [what, text, why] of misfits)
    it(`are refused for ${what}`, () => {
      assert.throws(() => resolve(text), { code: 'live-rules-bad', message: why });
    });
});
