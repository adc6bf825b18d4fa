// Source files of one name, with functions and variables of one name: what the symbols of a program tell apart by their order alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileBuild, type Sources } from '../testing/compile.ts';
import { compareBuilds } from './compare-builds.ts';
import { decideVerdict } from './verdict.ts';

const compare = (former: Sources, next: Sources) => {
  const { verdict, reasons } = decideVerdict(compareBuilds(compileBuild(former), compileBuild(next)));
  return [verdict, ...reasons.flatMap(({ code, subject, weight }) => (weight === 'note' ? [] : [code, subject]))];
};

const held = (name: string, factor: number): string => `static long step(long n) { return n * ${factor}; }
long (*${name}_kept)(long); long ${name}(long n) { if (!${name}_kept) ${name}_kept = step; return ${name}_kept(n); }
`;
const counted = (name: string, step: number): string =>
  `static long count; long ${name}(long n) { return count += n * ${step}; }\n`;
const without = 'long other(long n) { return n; }\n';

describe('of two files of one name', () => {
  it('each may change', () => {
    const former = { 'a/util.c': held('one', 2), 'b/util.c': held('two', 3) };
    assert.deepEqual(compare(former, { ...former, 'b/util.c': held('two', 5) }), ['code-only']);
  });

  it('the latter may get or lose what the former has', () => {
    const [both, alone] = [held('other', 3), without].map((text) => ({ 'a/util.c': held('one', 2), 'b/util.c': text }));
    assert.ok(both !== undefined && alone !== undefined);
    assert.deepEqual(compare(alone, both), ['code-only']);
    assert.deepEqual(compare(both, alone), ['needs-rule', 'live-function-left', 'util.c:step#2']);
  });

  it('the former cannot get what the latter has, which would be taken for that', () => {
    const [alone, both] = [without, held('other', 3)].map((text) => ({ 'a/util.c': text, 'b/util.c': held('two', 2) }));
    assert.ok(both !== undefined && alone !== undefined);
    assert.deepEqual(compare(alone, both), ['refuse', 'live-function-mixed-up', 'util.c:step']);
  });

  it('functions cannot come in another order', () => {
    const [a, b] = [{ 'a/util.c': held('one', 2) }, { 'b/util.c': held('two', 3) }];
    const [verdict, code] = compare({ ...a, ...b }, { ...b, ...a });
    assert.deepEqual([verdict, code], ['refuse', 'live-function-mixed-up']);
  });

  it('variables cannot come in another order', () => {
    const [a, b] = [{ 'a/util.c': counted('one', 2) }, { 'b/util.c': counted('two', 3) }];
    const [verdict, code] = compare({ ...a, ...b }, { ...b, ...a });
    assert.deepEqual([verdict, code], ['refuse', 'live-variable-retyped']);
    assert.deepEqual(compare({ ...a, ...b }, { ...a, 'b/util.c': counted('two', 5) }), ['code-only']);
  });

  it('a variable of a function of the first keeps its type', () => {
    const counts = (name: string, type: string): string =>
      `long ${name}(long n) { static ${type} count; count += n; return (long)count; }\n`;
    const rest = { 'b/util.c': counts('two', 'long') };
    assert.deepEqual(
      compare({ 'a/util.c': counts('one', 'long'), ...rest }, { 'a/util.c': counts('one', 'double'), ...rest }),
      ['refuse', 'live-variable-retyped', 'util.c:one.count'],
    );
  });

  it('a function of the first that others hold keeps its type', () => {
    const rest = { 'b/util.c': held('two', 3) };
    const other = held('one', 2)
      .replace('long n) { return n *', 'int n) { return n *')
      .replace('= step', '= (void *)step');
    assert.deepEqual(compare({ 'a/util.c': held('one', 2), ...rest }, { 'a/util.c': other, ...rest }), [
      'refuse',
      'live-function-retyped',
      'util.c:step',
    ]);
  });
});
