import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { diffTypes } from '../diff/diff-types.ts';
import { compileBuild } from '../testing/compile.ts';
import { findStructs } from './find-structs.ts';
import type { Ledger } from './ledger.ts';
import { reserveInHeader } from './reserve.ts';

const header = `/* struct not { int here; }; */
struct conn_t {
  unsigned magic; /**< Must; be { this. */
  unsigned int type:5; // What kind
  unsigned int open:1, shut:1;
  const char *name, *other;
  /** Called when "}" comes. */
  int (*hook)(struct conn_t *, int);
  void (*table[3])(void);
  long tail[4][2];
  union { int a; struct { char b; } c; };
  struct { int x; int y; } point;
#define LATE(type) type late_entry
  LATE(long);
};
typedef struct wire_t { char a; } __attribute__((packed)) wire_t;
struct flexible_t { int n; char mem[]; };
struct ifdef_t {
#ifdef X
  int x;
#endif
  int y;
};
`;
const options = { longs: 4, excluded: new Set<string>() };
const compileHeader = (text: string) =>
  compileBuild({
    'program.c': `${text}\nstruct conn_t one; struct flexible_t *two; struct ifdef_t three; wire_t four;\nint use(void) { return one.type + three.y + two->n + four.a; }\n`,
  }).debug;
const ready = (text: string, ledger?: Ledger) =>
  reserveInHeader('conn.h', text, ledger === undefined ? options : { ...options, ledger });

describe('structs of a header', () => {
  const structs = findStructs(header);

  it('are found by name, without what stands in comments', () => {
    assert.deepEqual(
      structs.map(({ name, isOpaque }) => [name, isOpaque]),
      [
        ['conn_t', false],
        ['wire_t', true],
        ['flexible_t', false],
        ['ifdef_t', true],
      ],
    );
  });

  it('have their members with names, pointers to functions and arrays among them', () => {
    assert.deepEqual(
      structs[0]?.members.map(({ names }) => names.join()),
      ['magic', 'type', 'open,shut', 'name,other', 'hook', 'table', 'tail', '', 'point', ''],
    );
    assert.match(structs[0]?.members[0]?.text ?? '', /Must; be \{ this/);
  });
});

describe('a header made ready', () => {
  const first = ready(header);
  const debug = compileHeader(first.text);

  it('has room at the end of structs, and all members where they were', () => {
    assert.deepEqual(
      first.left.map(({ struct }) => struct),
      ['wire_t', 'flexible_t', 'ifdef_t'],
    );
    const [plain, roomy] = [compileHeader(header), debug].map((info) => findDefinition(info, 'struct', 'conn_t'));
    assert.equal((roomy?.byteSize ?? 0) - (plain?.byteSize ?? 0), 32);
    assert.deepEqual(
      diffTypes(compileHeader(header), debug)
        .changed.get('struct conn_t')
        ?.filter(({ kind }) => kind !== 'size'),
      [],
    );
  });

  const change = (from: string, to: string): string => {
    assert.ok(header.includes(from), from);
    return header.replace(from, to);
  };
  const compare = (text: string, ledger = first.ledger) => {
    const next = ready(text, ledger);
    return { next, changes: diffTypes(debug, compileHeader(next.text)).changed.get('struct conn_t') ?? [] };
  };

  it('takes new members into the room, wherever the release put them', () => {
    const { changes } = compare(
      change('  unsigned int type:5;', '  long window;\n  unsigned int late:1;\n  unsigned int type:5;'),
    );
    assert.deepEqual(changes, [
      { kind: 'member-added', member: 'window', in: 'room' },
      { kind: 'member-added', member: 'late', in: 'room' },
    ]);
  });

  it('keeps the place of members that are gone, and of those that are declared otherwise, which then lie in the room', () => {
    const gone = compare(change('  long tail[4][2];\n', ''));
    assert.deepEqual(
      gone.changes.map(({ kind }) => kind),
      ['member-removed'],
    );
    // What the former place holds is for a rule to copy.
    const retyped = compare(change('const char *name, *other;', 'const char *name; unsigned other;'));
    assert.deepEqual(retyped.changes, [
      { kind: 'member-added', member: 'name', in: 'room', instead: 'const char *' },
      { kind: 'member-added', member: 'other', in: 'room', instead: 'const char *' },
    ]);
  });

  it('keeps the place of a pointer whose type is gone with it', () => {
    const members = 'const rend_t *rend;\n  rend_t *rends[2];';
    const before = ready(`typedef struct rend_t rend_t;\n${header.replace('conn_t {', `conn_t {\n  ${members}`)}`);
    const { changed } = diffTypes(compileHeader(before.text), compileHeader(ready(header, before.ledger).text));
    assert.deepEqual(
      (changed.get('struct conn_t') ?? []).map((change) => [change.kind, 'member' in change ? change.member : '']),
      [
        ['member-removed', 'rend'],
        ['member-removed', 'rends'],
      ],
    );
  });

  it('sets less aside where it is told to, and as much in the next release', () => {
    const few = reserveInHeader('conn.h', header, { ...options, fewLongs: new Map([['conn_t', 2]]) });
    assert.ok(few.text.includes('tearless_reserve[2]'));
    const next = reserveInHeader('conn.h', header, { ...options, ledger: few.ledger });
    assert.ok(next.text.includes('tearless_reserve[2]'));
    assert.deepEqual(next.ledger, few.ledger);
  });

  it('goes on over releases: what came later stays where it came to', () => {
    const second = compare(change('  unsigned int type:5;', '  long window;\n  unsigned int type:5;')).next;
    const third = ready(
      change('  unsigned int type:5;', '  int extra;\n  long window;\n  unsigned int type:5;'),
      second.ledger,
    );
    const changes = diffTypes(compileHeader(second.text), compileHeader(third.text)).changed.get('struct conn_t');
    assert.deepEqual(changes, [{ kind: 'member-added', member: 'extra', in: 'room' }]);
    const back = ready(header, third.ledger);
    const kinds = diffTypes(compileHeader(third.text), compileHeader(back.text)).changed.get('struct conn_t') ?? [];
    assert.ok(kinds.every(({ kind }) => kind === 'member-removed'));
  });

  it('of which nothing changed comes out the same', () => {
    assert.deepEqual(compare(header).changes, []);
  });
});
