import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileBuild } from '../testing/compile.ts';
import { readReach } from './reach.ts';

const { debug } = compileBuild({
  'program.c': `typedef struct { void **list; int used; } list_t;
struct base { int kind; };
struct outer { struct base base_; struct deep *deep; };
struct deep { int n; };
struct node { struct node *next; union { struct base *base; long number; }; };
struct hidden { int n; };
struct taken { int n; };
list_t *all;
struct node nodes[4];
void (*callback)(struct taken *);
__attribute__((noinline)) int see(struct hidden *h, struct taken *t) { return h->n + t->n; }
int use(struct outer *o) { struct hidden h = { 3 }; struct taken t = { 4 }; all->used++; return see(&h, &t) + o->deep->n + nodes[o->base_.kind].base->kind; }
`,
});
const reach = readReach(debug);

describe('how types are reached', () => {
  it('leads from variables over members, pointers, arrays and unions', () => {
    assert.equal(reach.way('struct node'), 'variable nodes');
    assert.equal(reach.way('struct base'), 'variable nodes, struct node.(anonymous)');
    assert.equal(reach.way('typedef list_t'), 'variable all');
  });

  it('leads on to structs that begin with one that is kept', () => {
    assert.equal(
      reach.way('struct deep'),
      'variable nodes, struct node.(anonymous), struct outer, which begins with struct base, struct outer.deep',
    );
  });

  it('is not shown behind a void *, for what functions are handed, and for what only lies on the stack', () => {
    assert.deepEqual([reach.way('struct hidden'), reach.way('struct taken')], [undefined, undefined]);
  });
});
