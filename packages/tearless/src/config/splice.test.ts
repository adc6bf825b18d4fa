import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { insertSection, readSection, removeKey, replaceSection, setKey } from './splice.ts';

const forms: Record<string, string> = {
  block: 'a: 1\n\n# above\nm:\n  # inside\n  x: { k: v }   # beside\n  y:\n    k: [1,\n      2]\n# below\nz: [p,q]\n',
  flow: 'a: 1\nm: {x: {k: v}, y: {k: [1, 2]}}   # beside\nz:\n- p\n- q\n',
};
const empty = 'a: 1\nm: {}   # nothing yet\nz: 2\n';

describe('splicing YAML', () => {
  it('has in the map what was put there and taken from there, in any order, and touches nothing else', () => {
    const name = fc.constantFrom('x', 'y', 'new', 'an-other', '12', 'true');
    const value = fc.constantFrom({}, { k: 'w' }, { address: 'fd00::1', port: 22, 'odd key': 'a: b # c' }, [1, 'two']);
    const act = fc.record({ name, value: fc.option(value, { nil: undefined }) });
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(forms), empty), fc.array(act, { maxLength: 8 }), (start, acts) => {
        const model = new Map<string, unknown>(Object.entries(parse(start).m));
        let text = start;
        for (const step of acts) {
          if (step.value === undefined) model.delete(step.name);
          else model.set(step.name, step.value);
          text =
            step.value === undefined ? removeKey(text, ['m'], step.name) : setKey(text, ['m'], step.name, step.value);
        }
        const { m, ...rest } = parse(text);
        const { m: _, ...before } = parse(start);
        assert.deepEqual(m, Object.fromEntries(model));
        assert.deepEqual(rest, before);
        for (const comment of start.match(/#.*/g) ?? [])
          if (!/beside/.test(comment)) assert.ok(text.includes(comment), comment);
      }),
      { seed: 7, numRuns: 400 },
    );
  });

  it('changes one line', () => {
    assert.equal(
      setKey(forms.block ?? '', ['m'], 'n', { k: 1 }),
      (forms.block ?? '').replace('      2]\n', '      2]\n  n: { k: 1 }\n'),
    );
    assert.equal(setKey(forms.flow ?? '', ['m'], 'n', {}), (forms.flow ?? '').replace('2]}}', '2]}, n: {}}'));
    assert.equal(setKey(forms.block ?? '', ['m', 'x'], 'k', 'w'), (forms.block ?? '').replace('{ k: v }', '{ k: w }'));
    assert.equal(setKey(empty, ['m'], 'n', {}), 'a: 1\nm:   # nothing yet\n  n: {}\nz: 2\n');
  });

  it('moves whole sections', () => {
    assert.equal(
      readSection(forms.block ?? '', 'm'),
      'm:\n  # inside\n  x: { k: v }   # beside\n  y:\n    k: [1,\n      2]',
    );
    assert.equal(
      replaceSection(forms.flow ?? '', 'z', 'z: 3'),
      'a: 1\nm: {x: {k: v}, y: {k: [1, 2]}}   # beside\nz: 3\n',
    );
    assert.equal(insertSection('a: 1\nb: 2', 'b', 'c: 3'), 'a: 1\nb: 2\nc: 3');
    assert.equal(readSection(empty, 'none'), undefined);
  });
});
