// A setting put behind the others leaves everything else as a person wrote it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { declareSetting } from './edit-settings.ts';

const head = `version: 1\nfleet: f\nhosts: { h1: {} }\nrelays:\n  - h1/a # first\n  - h1/b\n`;
const allocators = `allocators:\n  mimalloc: { version: "2", library: /usr/lib/m.so, buildIds: [aaaaaaaa] }\n  jemalloc: { version: "5", library: /usr/lib/j.so, buildIds: [bbbbbbbb] }\n`;
const setting = { select: '*', allocator: { mimalloc: 90, jemalloc: 10 } };
const line = '- { select: "*", allocator: { mimalloc: 90%, jemalloc: 10% } }';
const put = (text: string) => declareSetting(text, 'tearless.yaml', setting);

describe('a setting', () => {
  it('makes the section where there is none', () => {
    assert.equal(put(head + allocators), `${head}settings:\n  ${line}\n${allocators}`);
  });
  it('goes behind those that stand in a block, whatever follows', () => {
    const own = 'settings:\n    - select: h1/a # why\n      allocator: mimalloc\n\n# end\n';
    assert.equal(
      put(head + own + allocators),
      `${head}settings:\n    - select: h1/a # why\n      allocator: mimalloc\n    ${line}\n\n# end\n${allocators}`,
    );
  });
  it('opens a list that is written on one line', () => {
    assert.equal(put(`${head}settings: []\n${allocators}`), `${head}settings:\n  ${line}\n${allocators}`);
    assert.equal(
      put(`${head}settings: [{ select: h1/b, allocator: mimalloc }]\n${allocators}`),
      `${head}settings:\n  - { select: h1/b, allocator: mimalloc }\n  ${line}\n${allocators}`,
    );
  });
  it('stands once, however often it is put there', () => {
    const once = put(head + allocators);
    assert.equal(put(once), once);
  });
  it('goes into a file that is JSON', () => {
    const config = {
      version: 1,
      fleet: 'f',
      hosts: { h1: {} },
      relays: ['h1/a'],
      allocators: { mimalloc: { version: '2', library: '/usr/lib/m.so', buildIds: ['aaaaaaaa'] } },
    };
    const own = { select: 'h1/a', allocator: 'mimalloc' };
    for (const settings of [undefined, [], [own], [own, own]]) {
      const text = JSON.stringify({ ...config, ...(settings === undefined ? {} : { settings }) }, undefined, 2);
      const edited = parse(declareSetting(text, 'tearless.json', { select: '*', allocator: { mimalloc: 100 } }));
      assert.deepEqual(edited.settings, [...(settings ?? []), { select: '*', allocator: { mimalloc: '100%' } }]);
    }
  });
  it('must name allocators that are declared', () => {
    assert.throws(() => put(head), /mimalloc/);
  });
});
