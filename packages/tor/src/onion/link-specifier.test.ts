import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeLinkSpecifiers, encodeLinkSpecifiers, type LinkSpecifier, renderIpv6 } from './link-specifier.ts';
import { fromHex } from './testing/vectors.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const port = fc.nat(65_535);
const specifier: fc.Arbitrary<LinkSpecifier> = fc.oneof(
  fc.record({ kind: fc.constant('ipv4' as const), address: fc.ipV4(), port }, { noNullPrototype: true }),
  fc.record(
    { kind: fc.constant('ipv6' as const), address: bytes(16).map(renderIpv6), port },
    { noNullPrototype: true },
  ),
  bytes(20).map((id) => ({ kind: 'rsa-id' as const, fingerprint: Buffer.from(id).toString('hex').toUpperCase() })),
  bytes(32).map((id) => ({ kind: 'ed25519-id' as const, id })),
  fc.record(
    {
      kind: fc.constant('other' as const),
      type: fc.integer({ min: 4, max: 255 }),
      data: fc.uint8Array({ maxLength: 255 }),
    },
    { noNullPrototype: true },
  ),
);

describe('link specifiers', () => {
  test('those of an introduction point made by tor', () => {
    const base64 = 'AwAGZAItpCMpAhRn9aw126INIqAXi/tvSsB2w7FoKQMg/Hv8OlCp2T4Uutvr0bdboxHIBiubg5OoWQRXdxjssDw=';
    assert.deepEqual(decodeLinkSpecifiers(Buffer.from(base64, 'base64')), [
      { kind: 'ipv4', address: '100.2.45.164', port: 9001 },
      { kind: 'rsa-id', fingerprint: '67F5AC35DBA20D22A0178BFB6F4AC076C3B16829' },
      { kind: 'ed25519-id', id: fromHex('fc7bfc3a50a9d93e14badbebd1b75ba311c8062b9b8393a85904577718ecb03c') },
    ]);
  });

  test('any list comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(specifier, { maxLength: 12 }), (list) => {
        assert.deepEqual(decodeLinkSpecifiers(encodeLinkSpecifiers(list)), list);
      }),
      { seed: 1 },
    );
  });

  test('any bytes are refused, or are what the list they give encodes to', () => {
    let taken = 0;
    const block = fc.tuple(fc.constantFrom(1, 2), fc.nat(5), fc.constantFrom(0, 6, 18, 20, 32), bytes(40));
    fc.assert(
      fc.property(block, ([count, type, length, rest]) => {
        const input = Uint8Array.of(count, type, length, ...rest.subarray(0, length));
        let list: LinkSpecifier[];
        try {
          list = decodeLinkSpecifiers(input);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'onion-bad-link-specifiers');
          return;
        }
        taken++;
        assert.deepEqual(encodeLinkSpecifiers(list), input);
      }),
      { seed: 1, numRuns: 500 },
    );
    assert.ok(taken > 20, `${taken}`);
  });

  test('IPv6 addresses are spelled as RFC 5952 asks', () => {
    for (const [hex, text] of [
      ['00000000000000000000000000000000', '::'],
      ['00000000000000000000000000000001', '::1'],
      ['20010db8000000000000000000000001', '2001:db8::1'],
      ['20010db8000100010001000100000001', '2001:db8:1:1:1:1:0:1'],
      ['20010000000100000000000000010001', '2001:0:1::1:1'],
      ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
      ['fe800000000000000000000000000000', 'fe80::'],
    ] as const) {
      assert.equal(renderIpv6(fromHex(hex)), text);
    }
  });

  test('what the format cannot hold is refused', () => {
    const bad: LinkSpecifier[] = [
      { kind: 'ipv4', address: '1.2.3', port: 1 },
      { kind: 'ipv6', address: '[::1]', port: 1 },
      { kind: 'ipv4', address: '1.2.3.4', port: 65_536 },
      { kind: 'rsa-id', fingerprint: 'AB' },
      { kind: 'other', type: 0, data: new Uint8Array(6) },
      { kind: 'other', type: 9, data: new Uint8Array(256) },
    ];
    for (const one of bad) {
      assert.throws(() => encodeLinkSpecifiers([one]), { code: 'onion-bad-link-specifiers' }, JSON.stringify(one));
    }
  });
});
