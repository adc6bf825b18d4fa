// Taking variables out of a drop-in leaves everything else, to the byte.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mergeEnvironment } from '../../daemon/drop-in.ts';
import { removeVariables } from './drop-in-edit.ts';

const isPreload = (name: string): boolean => name === 'LD_PRELOAD';

describe('removing a variable', () => {
  it('takes the file where only comments and heads are left', () => {
    assert.equal(removeVariables('# x\n[Service]\nEnvironment=LD_PRELOAD=/a.so\n\n', isPreload)?.text, null);
  });

  it('keeps an empty Environment=, which forgets what stood before', () => {
    const text = '[Service]\nEnvironment=\nEnvironment=LD_PRELOAD=/a.so\n';
    assert.equal(removeVariables(text, isPreload)?.text, '[Service]\nEnvironment=\n');
  });

  it('leaves an Environment= of another section, and one in a comment', () => {
    const text = '[Unit]\nEnvironment=LD_PRELOAD=/a.so\n#Environment=LD_PRELOAD=/b.so\n';
    assert.deepEqual(removeVariables(text, isPreload), { text, lines: [] });
  });

  it('keeps carriage returns and quotes of what stays', () => {
    const text = '[Service]\r\nEnvironment = \'A=1 2\'   LD_PRELOAD=/a.so "B=x\\"y"\r\nNice=1';
    assert.equal(removeVariables(text, isPreload)?.text, '[Service]\r\nEnvironment = \'A=1 2\' "B=x\\"y"\r\nNice=1');
  });

  it('refuses continued lines and quotes that do not close', () => {
    assert.equal(removeVariables('[Service]\nEnvironment=LD_PRELOAD=/a.so \\\n A=1\n', isPreload), undefined);
    assert.equal(removeVariables('[Service]\nEnvironment="LD_PRELOAD=/a.so\n', isPreload), undefined);
  });

  it('leaves all other variables as systemd reads them, whatever the lines', () => {
    const word = fc.oneof(
      fc.constantFrom('LD_PRELOAD=/a.so', '"LD_PRELOAD=/b c.so"', 'A=1', '"B=2 3"', "'C=4'", 'D="5"'),
    );
    const line = fc.oneof(
      fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => `Environment=${words.join(' ')}`),
      fc.constantFrom('User=x', '# note', '', 'Environment='),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = ['[Service]', ...lines, ''].join('\n');
        const edit = removeVariables(text, isPreload);
        assert.ok(edit !== undefined);
        const wanted = new Map(mergeEnvironment([text]));
        wanted.delete('LD_PRELOAD');
        assert.deepEqual(mergeEnvironment([edit.text ?? '']), wanted);
      }),
      { seed: 1 },
    );
  });
});
