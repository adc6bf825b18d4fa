import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declaredMembers, parseRules } from './rules.ts';

const text = "schema: tearless.live-rules/v1\nmembers: { 'struct conn.window': zero }\n";
const types = {
  changed: new Map([['struct conn', [{ kind: 'member-added', member: 'window', within: true } as const]]]),
  added: [],
  removed: [],
};

describe('rules beside a release', () => {
  it('declare what new members begin with', () => {
    assert.deepEqual([...declaredMembers(parseRules(text, 'r.yaml'), { types }, 'r.yaml')], ['struct conn.window']);
  });

  it('about a member that the update does not add are refused', () => {
    const rules = parseRules(text.replace('window', 'widnow'), 'r.yaml');
    assert.throws(
      () => declaredMembers(rules, { types }, 'r.yaml'),
      /r\.yaml: this update adds no struct conn\.widnow/,
    );
  });

  it('that say something else are refused with their file', () => {
    for (const bad of ['', '[', 'members: {}', text.replace('zero', 'seven'), `${text}more: 1\n`])
      assert.throws(() => parseRules(bad, 'r.yaml'), { code: 'live-rules-bad', message: /^r\.yaml: / });
  });
});
