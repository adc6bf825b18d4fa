// Every value in force, as the file would say it, with its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceOrigins } from './origin.ts';
import { parseConfig } from './parse.ts';

const text = `version: 1
fleet: demo
hosts: { h1: {} }
relays: [h1/a]
settings:
  - { select: "*", allocator: glibc }
  - { select: h1/a, torrc: { NumCPUs: 2 } }
restart: { soak: 90s, deadline: 2h, weightDown: 12.5% }
`;

test('values are told as they would be written, each with the line that decides it', () => {
  const found = traceOrigins(parseConfig(text, 'tearless.yaml'), text, 'tearless.yaml');
  const told = new Map(found.map(({ name, value, origin }) => [name, `${value} # ${origin}`]));
  assert.deepEqual(
    ['restart.soak', 'restart.deadline', 'restart.weightDown', 'restart.hsDirLoss', 'restart.maxFail'].map((name) =>
      told.get(name),
    ),
    [
      '90s # tearless.yaml:8:12',
      '2h # tearless.yaml:8:23',
      '12.5% # tearless.yaml:8:37',
      '20% # default',
      '0 # default',
    ],
  );
  assert.equal(told.get('relays.h1/a.allocator'), 'glibc # tearless.yaml:6:20');
  assert.equal(told.get('relays.h1/a.torrc.NumCPUs'), '2 # tearless.yaml:7:30');
});
