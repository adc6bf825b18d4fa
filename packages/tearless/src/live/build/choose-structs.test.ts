import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileBuild } from '../testing/compile.ts';
import { chooseStructs } from './choose-structs.ts';
import { listAllocated, listComparedWhole } from './source-uses.ts';
import { listOffenders, renderSurvey } from './survey.ts';

const bigStruct = (name: string, more = ''): string => `struct ${name} { long numbers[12]; ${more} };\n`;
const header = [
  bigStruct('conn'),
  bigStruct('derived', 'struct conn base; struct few row[2];').replace(
    'struct derived',
    'struct few { long n[20]; };\nstruct derived',
  ),
  bigStruct('stacked'),
  bigStruct('raw', 'struct part { long n[20]; } part;'),
  bigStruct('copied'),
  bigStruct('key'),
  bigStruct('rowed'),
  bigStruct('row', 'struct rowed all[9];'),
  'struct small { long one; };\n',
  'struct bytes { char digest[100]; struct inner_bytes { unsigned char more[20]; } inner; };\n',
  'struct packed { char kind; long number[20]; } __attribute__((packed));\n',
  'struct framed { long n[20]; };\nunion frame { char raw[160]; struct framed as; };\n',
  bigStruct('microdesc_t'),
  'struct vegas_params_t { int one; };\n',
].join('');
const names = [
  'derived',
  'row',
  'small',
  'bytes',
  'packed',
  'framed',
  'microdesc_t',
  'key',
  'stacked',
  'raw',
  'copied',
  'vegas_params_t',
  'inner_bytes',
];
const source = `${names.map((name) => `struct ${name} *the_${name};`).join('\n')}
struct row global_row;
union frame *frames;
void copy(struct copied *from) { struct copied *c = tor_malloc(sizeof(struct copied)); memcpy(c, from, sizeof(struct copied)); }
void use(struct key *a, struct key *b) {
  struct derived *d = tor_malloc_zero(sizeof(*d));
  tor_calloc(3, sizeof(struct small)); tor_calloc(1, sizeof(struct bytes)); tor_calloc(1, sizeof(struct packed));
  tor_calloc(1, sizeof(struct framed)); tor_malloc(sizeof(struct raw)); tor_malloc_zero(sizeof(microdesc_t)); tor_malloc(sizeof(struct key));
  return tor_memeq(a, b, sizeof(struct key));
}
`;
const { debug } = compileBuild({ 'program.c': `${header}${source.slice(0, source.indexOf('void copy'))}` });
const { whyLeft } = chooseStructs(debug, [header, source], 8);

describe('structs that get room', () => {
  it('are those that are allocated or are variables, with what lies in them', () => {
    for (const name of ['derived', 'conn', 'few', 'row']) assert.equal(whyLeft(name), undefined, name);
    assert.match(whyLeft('stacked') ?? '', /never on the heap/);
  });

  it('are none whose layout is of the wire, of a key, or somebody else’s', () => {
    assert.match(whyLeft('key') ?? '', /compared or hashed/);
    assert.match(whyLeft('bytes') ?? '', /nothing but bytes/);
    assert.match(whyLeft('packed') ?? '', /packed/);
    assert.match(whyLeft('framed') ?? '', /union with bytes/);
    assert.match(whyLeft('unseen') ?? '', /cannot be read/);
  });

  it('are none that begin with whatever was there, since new members would', () => {
    for (const name of ['raw', 'part']) assert.match(whyLeft(name) ?? '', /not zeroed/, name);
    assert.equal(whyLeft('copied'), undefined);
  });

  it('are none that would cost more than they are, or that are very many', () => {
    assert.match(whyLeft('small') ?? '', /smaller than its room/);
    assert.match(whyLeft('rowed') ?? '', /9 of them/);
    assert.match(whyLeft('microdesc_t') ?? '', /very many: one for each relay/);
  });

  it('are all that releases are known to have changed', () => {
    assert.equal(whyLeft('vegas_params_t'), undefined);
  });

  it('cost as many bytes as lie in a thing, its parts among them', () => {
    const tor = compileBuild({
      'program.c': `${bigStruct('circuit_t')}struct or_circuit_t { struct circuit_t base; long more[20]; } *a;`,
    });
    const { costs } = chooseStructs(tor.debug, ['tor_malloc_zero(sizeof(or_circuit_t));'], 8);
    assert.deepEqual(costs, [{ what: 'relayed circuit', bytes: 256, moreBytes: 128 }]);
  });
});

describe('uses of structs in a text', () => {
  it('are found by the type, and by the variable that is pointed by', () => {
    assert.ok(listAllocated(['foo_t *x = tor_malloc_zero(sizeof(*x));']).has('foo_t'));
    assert.ok(listAllocated(['static bar_t the_bar;\n']).has('bar_t'));
    assert.ok(listComparedWhole(['int f(baz_t *one) { return siphash24g(one, sizeof(*one)); }']).has('baz_t'));
    assert.ok(!listComparedWhole(['return tor_memeq(a->digest, b->digest, sizeof(a->digest));']).has('digest_t'));
  });
});

describe('a survey', () => {
  const survey = renderSurvey(
    new Map([
      ['core/or/a.h', '#ifdef A_PRIVATE\nstruct a;\n#endif\n'],
      ['core/or/b.h', ''],
    ]),
  );

  it('sees what headers hide, and names those that cannot be read', () => {
    assert.match(survey, /^#define A_PRIVATE\n/);
    const line = survey.split('\n').indexOf('#include "core/or/b.h"') + 1;
    assert.deepEqual(listOffenders(survey, `In file included from /x/survey.c:${line}:\nb.h:1: error`), [
      'core/or/b.h',
    ]);
  });
});
