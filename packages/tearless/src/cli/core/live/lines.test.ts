import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Differences } from '../../../live/diff/differences.ts';
import type { Reason } from '../../../live/verdict/reason.ts';
import { createStyle } from '../style.ts';
import { renderVerdict } from './lines.ts';

const nothing: Differences = {
  code: {
    same: 1,
    changed: new Map(),
    added: [],
    removed: [],
    retyped: new Map(),
    split: new Map(),
    mixedUp: new Map(),
    left: [],
    starting: [],
  },
  types: { changed: new Map(), added: [], removed: [] },
  variables: { same: 1, changed: new Map(), added: [], removed: [], moved: new Map() },
  onStack: new Map(),
  isLoopFollowed: true,
  partsOnStack: new Map(),
  reached: new Map(),
  otherOptions: false,
  otherModules: [],
  newOptions: new Map(),
  keptLists: [],
  newEvents: [],
  newLibraries: [],
  newImports: [],
};
const moved = (type: string): Reason => ({
  code: 'live-type-member-moved',
  subject: type,
  detail: 'm was at 1 and is at 2',
  weight: 'refuse',
});
const added = (name: string): Reason => ({
  code: 'live-variable-added',
  subject: name,
  detail: 'it begins with 0',
  weight: 'note',
});
const render = (...reasons: Reason[]): string[] =>
  renderVerdict(['1', '2'], { verdict: 'refuse', reasons }, nothing, createStyle(false), 80);
const many = (count: number, make: (index: number) => Reason): Reason[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('a verdict for people', () => {
  it('stays a page for a leap over years: counted by kind, types with most of it first', () => {
    const lines = render(
      ...many(300, (index) => added(`v${index}`)),
      ...many(5, (index) => moved(`struct t${index}`)),
      ...many(1400, () => moved('struct big')),
    );
    assert.ok(lines.length < 25, `${lines.length} lines`);
    assert.ok(lines.every((line) => line.length <= 80));
    const at = lines.indexOf('  1,405 members lie elsewhere in their type');
    assert.match(lines.slice(at).join('\n'), /^ {4}struct big \(1,400\), struct t0, /m);
    assert.ok(at > 0 && at < lines.indexOf('  300 variables are new'));
    assert.match(lines.at(-1) ?? '', /--explain 'struct big'/);
  });

  it('tells few reasons one by one, and has no need of a hint then', () => {
    const text = render(moved('struct a'), moved('struct b')).join('\n');
    assert.match(text, / {2}struct a, struct b\n {4}m was at 1 and is at 2\n {4}what helps: a build made with --after/);
    assert.doesNotMatch(text, /--explain/);
  });
});
