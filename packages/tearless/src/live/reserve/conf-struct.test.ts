import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DebugInfo, findDefinition } from '@tearless/elf/dwarf/debug-info.ts';
import { diffTypes } from '../diff/diff-types.ts';
import { compileBuild } from '../testing/compile.ts';
import { listConfStructs, reserveInConf } from './conf-struct.ts';
import type { Ledger } from './ledger.ts';

const list = `/** Not BEGIN_CONF_STRUCT(this_t) */
BEGIN_CONF_STRUCT(guard_t)

/** How many (at most). */
CONF_VAR(Most, POSINT, 0, "3")

CONF_VAR(Name, STRING, CFLAG(1),
         "a, (b) \\"c")
// Whether.
CONF_VAR(IsOn, BOOL, 0, "0")

END_CONF_STRUCT(guard_t)
`;
/** As tor's own confdecl.h: the list is read as a struct, and once more as a table. */
const program = (text: string): DebugInfo =>
  compileBuild({
    'program.c': `#include <stddef.h>
#define PASTE_(a, b) a ## b
#define PASTE(a, b) PASTE_(a, b)
#define CFLAG(n) n
typedef int config_decl_POSINT, config_decl_BOOL; typedef char *config_decl_STRING; typedef double config_decl_DOUBLE;
#define BEGIN_CONF_STRUCT(name) PASTE(BEGIN_, CONF_CONTEXT)(name)
#define END_CONF_STRUCT(name) PASTE(END_, CONF_CONTEXT)(name)
#define CONF_VAR(...) PASTE(VAR_, CONF_CONTEXT)(__VA_ARGS__)
#define BEGIN_STRUCT(name) struct name { unsigned magic;
#define VAR_STRUCT(name, type, flags, value) config_decl_ ## type name;
#define END_STRUCT(name) };
#define BEGIN_TABLE(name) typedef struct name object; static const struct var { const char *name; size_t at; const char *value; } name ## _vars[] = {
#define VAR_TABLE(name, type, flags, value) { #name, offsetof(object, name), value },
#define END_TABLE(name) { 0, 0, 0 } };
#define CONF_CONTEXT STRUCT
${text}
#undef CONF_CONTEXT
#define CONF_CONTEXT TABLE
${text}
struct guard_t guard;
size_t use(int n) { return guard_t_vars[n].at + (size_t)guard.Most; }
`,
  }).debug;
const options = { longs: 4, excluded: new Set<string>() };
const ready = (text: string, ledger?: Ledger) =>
  reserveInConf('guard.inc', text, ledger === undefined ? options : { ...options, ledger });
const sizeOf = (debug: DebugInfo): number | undefined => {
  const found = findDefinition(debug, 'struct', 'guard_t');
  return found?.tag === 'struct' ? found.byteSize : undefined;
};

describe('a list of options that a struct is made of', () => {
  const first = ready(list);

  it('gets room behind its members, in the struct alone', () => {
    assert.deepEqual(listConfStructs(list), ['guard_t']);
    assert.equal(sizeOf(program(list)), 24);
    assert.equal(sizeOf(program(first.text)), 24 + 32);
    assert.deepEqual(
      first.ledger['guard.inc struct guard_t']?.members.map(({ declaration }) => declaration),
      ['POSINT Most;', 'STRING Name;', 'BOOL IsOn;'],
    );
  });

  it('keeps its members in a later release, and has new ones in the room', () => {
    const later = list
      .replace('CONF_VAR(Name', 'CONF_VAR(Ratio, DOUBLE, 0, "1")\nCONF_VAR(Name')
      .replace('"3")', '"5")')
      .replace('// Whether.\nCONF_VAR(IsOn, BOOL, 0, "0")\n', '');
    const second = ready(later, first.ledger);
    const { changed } = diffTypes(program(first.text), program(second.text));
    assert.deepEqual(changed.get('struct guard_t'), [
      { kind: 'member-added', member: 'Ratio', in: 'room' },
      { kind: 'member-removed', member: 'IsOn', isPointer: false },
    ]);
    const third = ready(
      later.replace('CONF_VAR(Ratio, DOUBLE, 0, "1")', 'CONF_VAR(Late, BOOL, 0, "1")'),
      second.ledger,
    );
    assert.deepEqual(diffTypes(program(second.text), program(third.text)).changed.get('struct guard_t'), [
      { kind: 'member-added', member: 'Late', in: 'room' },
      { kind: 'member-removed', member: 'Ratio', isPointer: false },
    ]);
  });

  it('is left where something else stands in it, or when it is named', () => {
    const odd = list.replace('// Whether.', '#ifdef X');
    assert.deepEqual(ready(odd), {
      text: odd,
      ledger: {},
      left: [{ struct: 'guard_t', why: ready(odd).left[0]?.why }],
    });
    const { text, left } = reserveInConf('guard.inc', list, { ...options, excluded: new Set(['guard_t']) });
    assert.deepEqual([text, left], [list, [{ struct: 'guard_t', why: 'excluded by name' }]]);
  });
});
