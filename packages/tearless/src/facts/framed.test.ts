import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitFramed } from './framed.ts';

const render = (files: readonly { readonly path: string; readonly content: string }[]): Buffer =>
  Buffer.from(
    files.map(({ path, content }, index) => `${index === 0 ? '' : '\n'}==> ${path} <==\n${content}`).join(''),
    'latin1',
  );

const anyFiles = fc.uniqueArray(
  fc.record({
    path: fc.stringMatching(/^\/[a-z0-9/. ]{1,12}$/),
    content: fc.oneof(
      fc.string({ maxLength: 30 }).map((text) => Buffer.from(text).toString('latin1')),
      fc.constantFrom('', '\n', '\n==> /a <==\n', '==> /b <==\nx', 'no line end'),
    ),
    readable: fc.boolean(),
  }),
  { selector: (file) => file.path, maxLength: 6 },
);

describe('files as head prints them', () => {
  it('gives each readable file its own bytes, whatever stands in them', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        const readable = files.filter((file) => file.readable);
        const split = splitFramed(
          render(readable),
          files.map(({ path, content }) => ({ path, bytes: content.length })),
        );
        assert.deepEqual(
          [...(split ?? [])].map(([path, bytes]) => [path, Buffer.from(bytes).toString('latin1')]),
          readable.map(({ path, content }) => [path, content]),
        );
      }),
      { seed: 1 },
    );
  });

  it('never fails to split what is complete', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        const expected = files.map(({ path, content }) => ({ path, bytes: content.length }));
        assert.equal(splitFramed(render(files), expected)?.size, files.length);
      }),
      { seed: 1 },
    );
  });

  it('gives nothing when a file grew or shrank after its size was read', () => {
    const bytes = render([
      { path: '/a', content: 'one' },
      { path: '/b', content: 'two' },
    ]);
    for (const [a, b] of [
      [2, 3],
      [4, 3],
      [3, 2],
      [3, 4],
    ] as const)
      assert.equal(
        splitFramed(bytes, [
          { path: '/a', bytes: a },
          { path: '/b', bytes: b },
        ]),
        undefined,
        `${a} ${b}`,
      );
  });

  it('splits what head itself prints', () => {
    const folder = mkdtempSync(join(tmpdir(), 'framed-'));
    try {
      const contents = ['', 'no end', 'ends\n', '==> x <==\n', '\n\n'];
      const files = contents.map((content, index) => ({ path: join(folder, String(index)), content }));
      for (const { path, content } of files) writeFileSync(path, content);
      const missing = join(folder, 'missing');
      const paths = files.map(({ path }) => path).toSpliced(2, 0, missing);
      const printed = execFileSync('sh', ['-c', 'head -v -c 4096 -- "$@" 2>/dev/null || :', '-', ...paths]);
      const sizes = paths.map((path) => ({
        path,
        bytes: files.find((file) => file.path === path)?.content.length ?? 7,
      }));
      assert.deepEqual(
        [...(splitFramed(printed, sizes) ?? [])].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
        files.map(({ path, content }) => [path, content]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
