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

test('it is shell that can be read, with a function for every verb', () => {
  const { text } = renderHelper({ factsScript: 'true' });
  execFileSync('sh', ['-n'], { input: text });
  for (const verb of helperVerbs) {
    const name = `verb_${verb.replaceAll('-', '_')}`;
    assert.ok(text.includes(`\n${name}() `), verb);
    assert.ok(text.includes(`\n${verb}) ${name} "$@" ;;`), verb);
  }
});

test('what the facts script holds is taken as it is', () => {
  assert.ok(renderHelper({ factsScript: "echo '@ROOT@ $& $1'" }).text.includes("\necho '@ROOT@ $& $1'\n"));
});
