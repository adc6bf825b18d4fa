import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addMasters, parseObConfig } from './ob-config.ts';
import { findKept, parseServiceDirs } from './service-dirs.ts';
import { addressNumber, dirOf } from './testing/seen.ts';

describe('what a helper says of service directories', () => {
  const key = dirOf('w', 5).publicKey ?? '';
  const text = `MasterOnionAddress ${addressNumber(1)}\n`;
  const hex = Buffer.from(text).toString('hex');

  it('is read with the address that follows from the public key', () => {
    const said = `shop-w1 made key ${key} 600 =${hex}\nsite - key - 0 -\ntrap - - - 777 ?\nempty made - - 644 =\n`;
    assert.deepEqual(parseServiceDirs(said, 'h1'), [
      dirOf('shop-w1', 5, { obConfig: { mode: 0o600, text } }),
      dirOf('site', undefined, { isMade: false, obConfig: undefined }),
      dirOf('trap', undefined, { isMade: false, hasKey: false, obConfig: { mode: 0o777, text: undefined } }),
      dirOf('empty', undefined, { hasKey: false, obConfig: { mode: 0o644, text: '' } }),
    ]);
  });

  it('is refused where it is something else', () => {
    for (const said of ['shop', 'w made key 00 600 -', `w made key ${key} 600 =zz`, `w made key ${key} 9 -`, '\0'])
      assert.throws(() => parseServiceDirs(`${said}\n`, 'h1'), { code: 'balance-bad-answer' });
    fc.assert(
      fc.property(fc.string(), (said) => {
        try {
          parseServiceDirs(said, 'h1');
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'balance-bad-answer');
        }
      }),
      { seed: 1 },
    );
  });

  it('tells which directories were kept of a service', () => {
    const dirs = [
      dirOf('a', 1),
      dirOf('a.kept-r1', 2),
      dirOf('a.kept-r2', 3, { hasKey: false }),
      dirOf('ab.kept-r1', 4),
    ];
    assert.deepEqual(
      findKept(dirs, 'a').map(({ name }) => name),
      ['a.kept-r1'],
    );
  });
});

describe('ob_config', () => {
  const [one, two] = [addressNumber(1), addressNumber(2)];

  it('gains addresses that it lacks, and keeps all else', () => {
    assert.equal(addMasters('', [one], 'x'), `MasterOnionAddress ${one}\n`);
    const spelled = `# a\n\nmasteronionaddress ${one.toUpperCase()}`;
    assert.equal(addMasters(spelled, [one], 'x'), spelled);
    assert.equal(
      addMasters(`MasterOnionAddress ${one}`, [one, two], 'x'),
      `MasterOnionAddress ${one}\nMasterOnionAddress ${two}\n`,
    );
    fc.assert(
      fc.property(fc.subarray([one, two, addressNumber(3)]), fc.subarray([one, two]), (standing, wanted) => {
        const text = addMasters('', standing, 'x');
        const after = addMasters(text, wanted, 'x');
        assert.ok(after.startsWith(text));
        assert.deepEqual(new Set(parseObConfig(after, 'x')), new Set([...standing, ...wanted]));
        assert.equal(addMasters(after, wanted, 'x'), after);
      }),
      { seed: 1 },
    );
  });

  it('with other lines is not touched', () => {
    for (const text of [
      'HiddenServicePort 22',
      `MasterOnionAddress ${one} x`,
      'MasterOnionAddress short.onion',
      '# \u0007',
    ])
      assert.throws(() => parseObConfig(text, 'x'), { code: 'balance-ob-config' });
  });
});
