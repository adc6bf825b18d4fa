import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { helperVerbs, renderHelper } from './render-helper.ts';

test('the same parts give the same version, other facts another', () => {
  const helper = renderHelper({ factsScript: 'true' });
  assert.equal(renderHelper({ factsScript: 'true' }).version, helper.version);
  assert.notEqual(renderHelper({ factsScript: 'false' }).version, helper.version);
  assert.match(helper.version, /^[0-9a-f]{16}$/);
});

test('nothing in the text is left to be filled in, and the installed form works at the root of the host', () => {
  const { text, version } = renderHelper({ factsScript: 'true' });
  assert.doesNotMatch(text, /@[A-Z_]+@/);
  assert.ok(text.startsWith('#!/bin/sh\n'));
  assert.ok(text.includes(`helper_version='${version}'`));
  for (const line of ["root=''", "owner='root'", "owner_uid='0'"]) assert.ok(text.includes(`\n${line}\n`), line);
});

test('whole and in each of its parts, it is shell that can be read', () => {
  const helper = renderHelper({ factsScript: 'true' });
  for (const text of [helper.text, ...helperVerbs.map((verb) => helper.textFor(verb))])
    execFileSync('sh', ['-n'], { input: text });
});

test('a verb’s own text holds the verb and is smaller than the whole', () => {
  const helper = renderHelper({ factsScript: 'true' });
  for (const verb of helperVerbs) {
    const text = helper.textFor(verb);
    assert.ok(text.includes(`\n${verb}) verb_`), verb);
    assert.ok(text.length < helper.text.length, verb);
  }
});
