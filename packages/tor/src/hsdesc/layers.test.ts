import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeLinkSpecifiers, type LinkSpecifier } from '../onion/link-specifier.ts';
import { readText } from '../onion/testing/vectors.ts';
import { decodeBase64, encodeBase64, renderObject } from './base64.ts';
import { renderInner } from './build/inner.ts';
import { padMiddle, renderMiddle } from './build/middle.ts';
import { encodeDescriptor } from './encode-descriptor.ts';
import { parseInner } from './inner.ts';
import { decryptMiddle, encryptMiddle } from './layer-encryption.ts';
import { parseMiddle } from './middle.ts';
import { parseOuter } from './outer.ts';
import { bytesNamed, makeContent, makeService } from './testing/descriptors.ts';

const service = makeService('layers');

/** Each case: how the text is damaged, and the code and line that this gives. */
function testRefused(
  parse: (text: string) => unknown,
  text: string,
  cases: Record<string, [change: (text: string) => string, code: string, line: number]>,
) {
  for (const [name, [change, code, line]] of Object.entries(cases)) {
    test(`refused: ${name}`, () => {
      const bad = change(text);
      assert.notEqual(bad, text);
      assert.throws(
        () => parse(bad),
        (error: { code?: string; line?: number; message: string }) => {
          assert.deepEqual([error.code, error.line], [code, line], error.message);
          return true;
        },
      );
    });
  }
}

const without = (keyword: string) => (text: string) => text.replace(new RegExp(`^${keyword}.*\n`, 'm'), '');
const twice = (keyword: string) => (text: string) => text.replace(new RegExp(`^${keyword}.*\n`, 'm'), '$&$&');

describe('outer layer', () => {
  const text = encodeDescriptor(makeContent('outer', service, 1), service);

  test('its values', () => {
    const outer = parseOuter(text);
    assert.equal(outer.lifetimeMinutes, 180);
    assert.equal(outer.revisionCounter, 2_695_743_564n);
    assert.deepEqual(outer.blindedKey, service.keys.blindedKey);
    assert.deepEqual(outer.signingKey, service.signer.publicKey);
    assert.equal(outer.superencrypted.length, 16 + 10_000 + 32);
    assert.equal(outer.signedText, text.slice(0, text.indexOf('signature ')));
  });

  test('the largest counter of 64 bits is read', () => {
    const large = text.replace(/^revision-counter .*$/m, `revision-counter ${2n ** 64n - 1n}`);
    assert.equal(parseOuter(large).revisionCounter, 2n ** 64n - 1n);
  });

  test('lines that are not known are passed over', () => {
    const more = text.replace(/^revision-counter/m, 'x-new 1\n-----BEGIN X-----\nAAAA\n-----END X-----\n$&');
    assert.deepEqual(parseOuter(more).superencrypted, parseOuter(text).superencrypted);
  });

  const last = text.split('\n').length - 1;
  testRefused(parseOuter, text, {
    nothing: [() => '', 'hsdesc-not-a-descriptor', 1],
    'version 2': [(t) => t.replace('hs-descriptor 3', 'hs-descriptor 2'), 'hsdesc-not-a-descriptor', 1],
    'a second beginning': [(t) => `hs-descriptor 3\n${t}`, 'hsdesc-repeated', 2],
    'no lifetime': [without('descriptor-lifetime'), 'hsdesc-missing', last - 1],
    'two lifetimes': [twice('descriptor-lifetime'), 'hsdesc-repeated', 3],
    'a lifetime of a day': [(t) => t.replace('lifetime 180', 'lifetime 1440'), 'netdoc-bad-value', 2],
    'a negative lifetime': [(t) => t.replace('lifetime 180', 'lifetime -1'), 'netdoc-bad-value', 2],
    'no counter': [without('revision-counter'), 'hsdesc-missing', last - 1],
    'two counters': [twice('revision-counter'), 'hsdesc-repeated', 10],
    'a counter of 65 bits': [(t) => t.replace('2695743564', `${2n ** 64n}`), 'hsdesc-bad-value', 9],
    'a counter in hex': [(t) => t.replace('2695743564', '0x12'), 'hsdesc-bad-value', 9],
    'no signature': [without('signature'), 'hsdesc-missing', last],
    'a short signature': [(t) => t.replace(/(signature .*)..$/m, '$1'), 'hsdesc-bad-value', last],
    'something after the signature': [(t) => `${t}x-new 1\n`, 'hsdesc-unexpected', last + 1],
    'no encrypted part': [(t) => t.replace('superencrypted\n', 'x-new\n'), 'hsdesc-missing', last],
    'another object': [(t) => t.replaceAll('MESSAGE', 'MASSAGE'), 'netdoc-bad-object', 10],
    'no certificate': [(t) => t.replace('descriptor-signing-key-cert\n', 'x-new\n'), 'hsdesc-missing', last],
    'CRLF, as the control port has it': [(t) => t.replaceAll('\n', '\r\n'), 'netdoc-bad-character', 1],
    'an end in the middle': [(t) => t.slice(0, 5000), 'netdoc-bad-object', 11],
  });
});

describe('middle layer', () => {
  // As stem's test data has it, with C tor's padding.
  const text = readText('hsdesc/stem-hidden_service_v3_outer_layer').replace(/\0+$/, '');

  test('C tor’s is read, and written again to the same bytes', () => {
    const middle = parseMiddle(text);
    assert.equal(middle.authClients.length, 16);
    assert.equal(encodeBase64(middle.ephemeralKey), 'WjZCU9sV1oxkxaPcd7/YozeZgq0lEs6DhWyrdYRNJR4=');
    const client = middle.authClients.find(({ id }) => encodeBase64(id, false) === 'D0Bz0OlEMCg');
    assert.equal(encodeBase64(client?.iv ?? new Uint8Array(), false), 'or3nS3ScSPYfLJuP9osGiQ');
    assert.equal(renderMiddle(middle), text);
    assert.deepEqual(Buffer.from(padMiddle(text)), Buffer.from(readText('hsdesc/stem-hidden_service_v3_outer_layer')));
  });

  test('a newline at the end is as good as none', () => {
    assert.deepEqual(parseMiddle(`${text}\n`), parseMiddle(text));
  });

  const lines = text.split('\n').length;
  testRefused(parseMiddle, text, {
    nothing: [() => '', 'hsdesc-missing', 1],
    'another kind of authorization': [(t) => t.replace('x25519', 'x448'), 'hsdesc-unsupported', 1],
    'a line before it': [(t) => `x-new\n${t}`, 'hsdesc-missing', 1],
    'two kinds': [twice('desc-auth-type'), 'hsdesc-repeated', 2],
    'no ephemeral key': [without('desc-auth-ephemeral-key'), 'hsdesc-missing', lines - 1],
    'two ephemeral keys': [twice('desc-auth-ephemeral-key'), 'hsdesc-repeated', 3],
    'a short ephemeral key': [(t) => t.replace('WjZC', ''), 'hsdesc-bad-value', 2],
    'no clients': [(t) => t.replace(/^auth-client.*\n/gm, ''), 'hsdesc-missing', lines - 16],
    'a client without cookie': [(t) => t.replace(/^(auth-client \S+ \S+) \S+/m, '$1'), 'hsdesc-bad-value', 3],
    'a client with a long id': [(t) => t.replace(/^auth-client /m, '$&AAAA'), 'hsdesc-bad-value', 3],
    'caa-critical twice': [(t) => t.replace(/^encrypted/m, 'caa-critical\ncaa-critical\n$&'), 'hsdesc-repeated', 20],
  });
});

describe('inner layer', () => {
  const text = readText('hsdesc/arti-hsdesc-inner.txt');
  const head = text.slice(0, text.indexOf('introduction-point'));

  test('C tor’s is read, and written again to the same bytes', () => {
    const inner = parseInner(text);
    assert.deepEqual(inner.refused, []);
    assert.equal(inner.introPoints.length, 3);
    assert.deepEqual(inner.flowControl, { versions: '1-2', sendmeIncrement: 31 });
    assert.equal(renderInner(inner), text);
  });

  test('proof of work is read, and written again to the same bytes', () => {
    const pow = readText('hsdesc/arti-hsdesc-inner-pow-v1.txt');
    const inner = parseInner(pow);
    assert.deepEqual(
      [inner.powParams?.suggestedEffort, inner.powParams?.expiresMs],
      [614, Date.UTC(2024, 3, 11, 5, 15, 37)],
    );
    assert.equal(renderInner(inner), pow);
  });

  test('the example of proposal 343', () => {
    const lines = `create2-formats 2\nsingle-onion-service\ncaa 0 issue "example.com"\ncaa 0 iodef "mailto:security@example.com"\ncaa 128 validationmethods "onion-csr-01"\n`;
    const inner = parseInner(lines);
    assert.equal(inner.isSingleOnionService, true);
    assert.deepEqual(inner.caa[2], { flags: 128, tag: 'validationmethods', value: '"onion-csr-01"' });
    assert.equal(renderInner(inner), lines);
  });

  test('a record that would not read back is not written', () => {
    const inner = parseInner('create2-formats 2\n');
    for (const record of [
      { flags: 256, tag: 'issue', value: 'x' },
      { flags: 0, tag: 'is sue', value: 'x' },
      { flags: 0, tag: 'issue', value: 'x\nsingle-onion-service' },
      { flags: 0, tag: 'issue', value: '' },
    ]) {
      assert.throws(() => renderInner({ ...inner, caa: [record] }), { code: 'hsdesc-bad-value' });
    }
  });

  test('what is not known stays, before the points and within them', () => {
    const unknown = 'x-new 1\n-----BEGIN X-----\nAAAA\n-----END X-----';
    const more = text
      .replace(/^introduction-point/m, `pow-params v9 abc\n${unknown}\n$&`)
      .replace(/^enc-key ntor/m, 'enc-key kyber AAAA\n$&');
    const inner = parseInner(more);
    assert.deepEqual(inner.unknown, ['pow-params v9 abc', unknown]);
    assert.deepEqual(inner.introPoints[0]?.unknown, ['enc-key kyber AAAA']);
    assert.deepEqual(parseInner(renderInner(inner)), inner);
  });

  const withLinks = (specifiers: LinkSpecifier[]) => (t: string) =>
    t.replace(/^introduction-point .*$/m, `introduction-point ${encodeBase64(encodeLinkSpecifiers(specifiers))}`);

  test('a point with a fault is left out by its line, and the next ones are read', () => {
    const faults: [(t: string) => string, string, number][] = [
      [(t) => t.replace(/^introduction-point .*$/m, 'introduction-point AAAA'), 'hsdesc-bad-link-specifiers', 3],
      [(t) => t.replace(/^introduction-point .*$/m, 'introduction-point'), 'hsdesc-bad-link-specifiers', 3],
      [withLinks([{ kind: 'ipv4', address: '192.0.2.7', port: 1 }]), 'hsdesc-bad-link-specifiers', 3],
      [withLinks([{ kind: 'rsa-id', fingerprint: 'AB'.repeat(20) }]), 'hsdesc-bad-link-specifiers', 3],
      [without('onion-key'), 'hsdesc-missing', 3],
      [twice('onion-key'), 'hsdesc-repeated', 5],
      [(t) => t.replace(/^auth-key$/m, 'x-key'), 'hsdesc-missing', 3],
      [(t) => t.replace(/^enc-key ntor .*$/m, 'enc-key ntor AAAA'), 'hsdesc-bad-value', 11],
      [(t) => t.replace(/^enc-key-cert\n/m, ''), 'hsdesc-missing', 3],
      [(t) => t.replace('AQkABxq8AX', 'AgkABxq8AX'), 'hsdesc-bad-certificate', 5],
      [(t) => t.replace(/^enc-key-cert/m, 'legacy-key\n$&'), 'hsdesc-legacy-intro-point', 12],
    ];
    for (const [change, code, line] of faults) {
      const bad = change(text);
      assert.notEqual(bad, text);
      const { introPoints, refused } = parseInner(bad);
      assert.equal(introPoints.length, 2, code);
      assert.deepEqual(
        refused.map((error) => [error.code, error.line ?? -1]),
        [[code, line]],
      );
    }
  });

  test('the reason for leaving out a point of an old tor has no stack, which would take as long as the point', () => {
    const { refused } = parseInner(text.replace(/^enc-key-cert/m, 'legacy-key\n$&'));
    assert.deepEqual(
      refused.map(({ code, stack = '' }) => [code, /^ +at /m.test(stack)]),
      [['hsdesc-legacy-intro-point', false]],
    );
    assert.match(new Error('another').stack ?? '', /^ +at /m, 'others have theirs');
  });

  test('more than 20 points are refused, as clients do', () => {
    const point = text.slice(text.indexOf('introduction-point'), text.indexOf('introduction-point', head.length + 1));
    assert.equal(parseInner(head + point.repeat(20)).introPoints.length, 20);
    assert.throws(() => parseInner(head + point.repeat(21)), { code: 'hsdesc-too-many-intro-points' });
  });

  testRefused(parseInner, text, {
    nothing: [() => '', 'hsdesc-missing', 1],
    'another beginning': [(t) => `x-new\n${t}`, 'hsdesc-missing', 1],
    'no ntor': [(t) => t.replace('formats 2', 'formats 3 4'), 'hsdesc-unsupported', 1],
    'a format that is no number': [(t) => t.replace('formats 2', 'formats two'), 'netdoc-bad-value', 1],
    'two format lines': [twice('create2-formats'), 'hsdesc-repeated', 2],
    'two flow controls': [twice('flow-control'), 'hsdesc-repeated', 3],
    'a flow control without increment': [(t) => t.replace('1-2 31', '1-2'), 'netdoc-bad-value', 2],
    'a flow control of words': [(t) => t.replace('1-2 31', 'all 31'), 'hsdesc-bad-value', 2],
    'authentication of unknown kinds': [
      (t) => t.replace(/^flow/m, 'intro-auth-required rsa\n$&'),
      'hsdesc-unsupported',
      2,
    ],
    'pow-params without values': [() => readText('hsdesc/arti-hsdesc-inner-pow-empty.txt'), 'hsdesc-bad-value', 3],
    'pow-params with a bad time': [
      (t) => t.replace(/^flow/m, `pow-params v1 ${'A'.repeat(43)}= 1 2024-02-30T00:00:00\n$&`),
      'netdoc-bad-value',
      2,
    ],
    'a caa without value': [(t) => t.replace(/^flow/m, 'caa 0 issue\n$&'), 'hsdesc-bad-value', 2],
    'a caa with flags beyond a byte': [(t) => t.replace(/^flow/m, 'caa 256 issue x\n$&'), 'hsdesc-bad-value', 2],
    'a line that is none': [(t) => t.replace(/^enc-key ntor/m, '?'), 'netdoc-bad-line', 11],
  });
});

describe('encryption', () => {
  const secrets = { keys: service.keys, revisionCounter: 7n };
  const sealed = encryptMiddle(Buffer.from('secret\0\0\0'), secrets, bytesNamed('salt', 16));

  test('padding is taken away', () => {
    assert.equal(Buffer.from(decryptMiddle(sealed, secrets)).toString(), 'secret');
    assert.equal(sealed.length, 16 + 9 + 32);
  });

  test('another counter, service or byte breaks the MAC', () => {
    assert.throws(() => decryptMiddle(sealed, { ...secrets, revisionCounter: 8n }), { code: 'hsdesc-bad-mac' });
    assert.throws(() => decryptMiddle(sealed, { ...secrets, keys: makeService('x').keys }), { code: 'hsdesc-bad-mac' });
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.with(i, (sealed[i] ?? 0) ^ 1);
      assert.throws(() => decryptMiddle(changed, secrets), { code: 'hsdesc-bad-mac' }, `byte ${i}`);
    }
  });

  test('what is too short or empty is refused', () => {
    assert.throws(() => decryptMiddle(new Uint8Array(48), secrets), { code: 'hsdesc-bad-encrypted' });
    const empty = encryptMiddle(new Uint8Array(5), secrets, bytesNamed('salt', 16));
    assert.throws(() => decryptMiddle(empty, secrets), { code: 'hsdesc-bad-encrypted' });
  });
});

describe('base64', () => {
  test('any bytes come back, and any other text is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.boolean(), (bytes, isPadded) => {
        assert.deepEqual(decodeBase64(encodeBase64(bytes, isPadded), bytes.length, 1), bytes);
      }),
      { seed: 1 },
    );
    const character = fc.constantFrom('A', 'B', 'g', 'w', '+', '/', '=', '-', '_', '\n');
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 9 }), (text) => {
        const bare = text.replace(/={1,2}$/, '');
        const bytes = Buffer.from(bare, 'base64');
        const isOne = [encodeBase64(bytes), encodeBase64(bytes, false)].includes(text);
        if (isOne) assert.deepEqual(Buffer.from(decodeBase64(text, undefined, 1)), bytes);
        else assert.throws(() => decodeBase64(text, undefined, 1), { code: 'hsdesc-bad-value' }, text);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('padded or not, and no second spelling', () => {
    assert.deepEqual(decodeBase64('AAE=', 2, 1), Uint8Array.of(0, 1));
    assert.deepEqual(decodeBase64('AAE', 2, 1), Uint8Array.of(0, 1));
    for (const text of [undefined, '', 'AAF', 'AA E', 'AAE!', 'AAECAw', 'A', 'AAE==', 'AA==', 'AAAA=']) {
      assert.throws(() => decodeBase64(text, 2, 9), { code: 'hsdesc-bad-value', line: 9 }, `${text}`);
    }
  });
  test('objects have 64 columns', () => {
    assert.equal(renderObject('X', new Uint8Array(49)), `-----BEGIN X-----\n${'A'.repeat(64)}\nAA==\n-----END X-----`);
  });
});
