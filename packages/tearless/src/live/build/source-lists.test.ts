import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deriveSourceLists } from './source-lists.ts';

const derive = (name: string, text: string): string | undefined => deriveSourceLists([{ name, text }])[0]?.text;

describe('lists of source packages', () => {
  it('come from lines, with their options and each once', () => {
    const text =
      '# deb http://old.example stable main\ndeb [signed-by=/k.gpg] http://a.example bookworm main contrib\n' +
      'deb-src [signed-by=/k.gpg] http://a.example bookworm main contrib\n deb http://b.example bookworm-security main\n';
    assert.equal(
      derive('sources.list', text),
      'deb-src [signed-by=/k.gpg] http://a.example bookworm main contrib\ndeb-src http://b.example bookworm-security main\n',
    );
  });

  it('come from stanzas, but not from those that are off or have no packages', () => {
    const text =
      'Types: deb\n# a remark\nURIs: http://a.example\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n -----END\n\n' +
      'Enabled: no\nTypes: deb\nURIs: http://off.example\nSuites: x\n\n# Types: deb\n# URIs: http://b.example\n';
    assert.equal(
      derive('debian.sources', text),
      'Types: deb-src\nURIs: http://a.example\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n -----END\n',
    );
  });

  it('are made of nothing else', () => {
    for (const name of ['sources.list.save', 'x.list.disabled'])
      assert.equal(derive(name, 'deb http://a b c\n'), undefined);
    assert.equal(derive('a.list', '# nothing\n'), undefined);
  });
});
