// Edits that are located by function: they find their place, and say so when it is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allOf,
  atEndOfStruct,
  atEntry,
  beforeFunction,
  inFile,
  inFunction,
  replace,
  replaceWord,
  without,
} from './edit-source.ts';

const source = `struct thing_t {
  int a;
};

/** Calls it. */
static int
first(int a)
{
  return second(a);
}

MOCK_IMPL(int,
second,(int a))
{
  return a + 1;
}
`;

test('a function is found by its name, not by calls of it, also where a macro declares it', () => {
  const edited = inFunction('second', replace('a + 1', 'a + 2'))(source);
  assert.match(edited, /return a \+ 2;/);
  assert.match(edited, /return second\(a\);/);
  assert.match(atEntry('first', '  a++;')(source), /first\(int a\)\n\{\n {2}a\+\+;\n {2}return second/);
});

test('what comes before a function stands above its type, and a function goes with its type', () => {
  assert.match(beforeFunction('second', 'int n;\n')(source), /\}\n\nint n;\n\nMOCK_IMPL\(int,\nsecond/);
  assert.match(beforeFunction('first', 'int n;\n')(source), /\*\/\nint n;\n\nstatic int\nfirst/);
  assert.doesNotMatch(without('first')(source), /static int|first/);
});

test('members go behind the last one of a struct', () => {
  assert.match(atEndOfStruct('thing_t', '  int b;')(source), /int a;\n {2}int b;\n\};/);
});

test('a place that is gone, or is not one, is an error', () => {
  assert.throws(() => inFunction('third', replace('a', 'b'))(source), /0 definitions of third/);
  assert.throws(() => replace('return', 'yield')(source), /2 places hold "return"/);
  assert.throws(() => replaceWord('nothing', 'x')(source), /no nothing/);
  assert.throws(() => atEndOfStruct('other_t', '')(source), /no struct other_t/);
});

test('edits of one file are laid over each other', () => {
  const edit = allOf(inFile('a.c', replaceWord('first', 'begin')), inFile('a.c', replaceWord('begin', 'start')));
  const texts = edit({ read: () => source });
  assert.match(texts.get('a.c') ?? '', /^start\(int a\)$/m);
});
