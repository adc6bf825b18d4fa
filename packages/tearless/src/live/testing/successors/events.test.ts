import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { parseRules } from '../../rules/rules.ts';
import { newEventInTable } from './events.ts';

const page = readFileSync(new URL('../../../../../../docs/how-to/write-live-rules.md', import.meta.url), 'utf8');

it('the rules for new periodic events that the page has are those that a real tor is carried by', () => {
  const [, text = ''] = /^## New periodic events$.*?^```yaml$(.*?)^```$/ms.exec(page) ?? [];
  assert.deepEqual(parseRules(text, 'the page'), parseRules(newEventInTable.rules?.text ?? '', 'the successor'));
});
