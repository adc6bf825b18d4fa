import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { parsePostgresUrl, renderPostgresPlace } from './url.ts';

const parse = (text: string) =>
  Object.fromEntries(Object.entries(parsePostgresUrl(text)).filter(([, value]) => value !== undefined));

describe('a connection URI', () => {
  // The forms of libpq's own documentation that Tearless takes.
  for (const [text, expected] of [
    ['postgresql://', {}],
    ['postgresql://localhost', { host: 'localhost' }],
    ['postgresql://localhost:5433', { host: 'localhost', port: 5433 }],
    ['postgresql://localhost/mydb', { host: 'localhost', database: 'mydb' }],
    ['postgresql://user@localhost', { host: 'localhost', user: 'user' }],
    [
      'postgresql://user@localhost:5433/mydb?sslmode=require',
      { host: 'localhost', port: 5433, database: 'mydb', user: 'user', sslMode: 'require' },
    ],
    ['postgres:///mydb?host=localhost&port=5433', { host: 'localhost', port: 5433, database: 'mydb' }],
    ['postgresql://[2001:db8::1234]/database', { host: '2001:db8::1234', database: 'database' }],
    ['postgresql:///dbname?host=/var/lib/postgresql', { host: '/var/lib/postgresql', database: 'dbname' }],
    ['postgresql://%2Fvar%2Flib%2Fpostgresql/dbname', { host: '/var/lib/postgresql', database: 'dbname' }],
    ['postgresql://?service=state', { service: 'state' }],
  ] as const)
    it(text, () => assert.deepEqual(parse(text), expected));

  for (const text of [
    'postgresql:me:hunter2@h',
    'postgresql://me:hunter2@a,b/x',
    'postgresql://me:hunter2@h:0/x',
    'postgresql://me:hunter2@h:99999/x',
    'postgresql://me:hunter2@h/x?sslmode=prefer',
    'postgresql://me:hunter2@h/x?options=-c',
    'postgresql://me@h/x?password=hunter2',
    'postgresql://me:hunter2%@h/x',
  ])
    it(`is refused without being repeated: ${text.replaceAll('hunter2', '…')}`, () =>
      assert.throws(
        () => parsePostgresUrl(text),
        (error: Error) => {
          assert.equal('code' in error && error.code, 'store-place');
          assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /hunter2/);
          return true;
        },
      ));

  it('keeps its password from everyone who prints it', () => {
    const place = parsePostgresUrl('postgresql://me:hunter2%40@h/x');
    assert.equal(place.password?.reveal(), 'hunter2@');
    assert.doesNotMatch(`${inspect(place)} ${JSON.stringify(place)} ${renderPostgresPlace(place)}`, /hunter2/);
    assert.equal(renderPostgresPlace(place), 'postgresql://me@h/x');
  });

  it('is read back as it was shown, whatever its parts are', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed());
    const host = fc.oneof(fc.domain(), fc.ipV6(), fc.constant('/run/postgresql'));
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), word, word, (host, port, database, user) => {
        const place = { host, port, database, user };
        assert.deepEqual(parse(renderPostgresPlace(place)), place);
      }),
      { seed: 20260301 },
    );
  });
});
