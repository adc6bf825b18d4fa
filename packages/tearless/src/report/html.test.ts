import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { escapeHtml, html } from './html.ts';

describe('html', () => {
  it('escapes what is put into it and keeps fragments and lists', () => {
    const items = ['a', '<b>'].map((text) => html`<li title="${'"'}">${text}</li>`);
    assert.equal(
      html`<ul>${items}${undefined}${3}</ul>`.markup,
      '<ul><li title="&quot;">a</li><li title="&quot;">&lt;b&gt;</li>3</ul>',
    );
  });

  it('never lets markup or a closing quote through', () => {
    fc.assert(
      fc.property(fc.string(), (text) => !/[<>"']/.test(escapeHtml(text))),
      { seed: 1 },
    );
  });
});
