import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concealWords, createConcealer } from './secret-options.ts';

describe('a torrc that is shown', () => {
  const shown: readonly (readonly [string, string, string])[] = [
    ['a password’s hash', 'HashedControlPassword 16:AB\nNickname a', 'HashedControlPassword [sensitive 1]\nNickname a'],
    ['any case, abbreviations and signs', '  +hashedcontrolpass 16:AB', '  +hashedcontrolpass [sensitive 1]'],
    ['what is commented out', '#HashedControlPassword 16:AB', '#HashedControlPassword [sensitive 1]'],
    [
      'bridges, told apart',
      'Bridge b\nBridge c\nBridge b',
      'Bridge [sensitive 1]\nBridge [sensitive 2]\nBridge [sensitive 1]',
    ],
    ['a value over several lines', 'Bridge a \\\n# c\n  b \\\n  c\nORPort 1', 'Bridge [sensitive 1]\nORPort 1'],
    ['a value that never ends', 'Bridge a \\\n# c', 'Bridge [sensitive 1]'],
  ];
  for (const [what, text, expected] of shown)
    it(`leaves out ${what}`, () => assert.equal(createConcealer().torrc(text), expected));

  it('keeps everything else as it is', () => {
    const text =
      '# Bridges are elsewhere\nBridgeRelay 1\nBridgeDistribution none\nUseBridges 1\nCookieAuthentication 1\n\n';
    assert.equal(createConcealer().torrc(text), text);
  });

  it('never shows the value, wherever it is broken', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9:=]{4,12}$/).map((text) => `~${text}~`);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(' ', ' \\\n', '\\\n\t'),
        (words, gap) => {
          const text = createConcealer().torrc(`ORPort 9001\nHashedControlPassword ${words.join(gap)}\nNickname n\n`);
          assert.ok(
            words.every((part) => !text.includes(part)),
            text,
          );
          assert.ok(text.startsWith('ORPort 9001\n') && text.endsWith('\nNickname n\n'), text);
        },
      ),
      { seed: 20260301 },
    );
  });
});

describe('what tor says of a torrc', () => {
  it('is shown without the values that tor repeats', () => {
    const said =
      "Failed to parse/validate config: Bridge line '1.2.3.4:443 secret' did not parse. See logs for details.";
    assert.equal(concealWords(said), 'it does not like the value of Bridge [sensitive]');
    const harmless = "Unknown option 'Nicknam'.  Failing.";
    assert.equal(concealWords(harmless), harmless);
  });
});
