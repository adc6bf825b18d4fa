import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { allowsExit, parseExitRule, renderExitRule } from './exit-policy.ts';
import { allowsPort, parsePortPolicy, rejectAllPorts, renderPortPolicy } from './port-policy.ts';
import { parseProtocols, renderProtocols, supportsProtocol } from './protocols.ts';

describe('port policies', () => {
  test('say which ports are open', () => {
    const open = parsePortPolicy('accept 20-23,80,443');
    assert.deepEqual(
      [19, 20, 23, 24, 80, 443].map((port) => allowsPort(open, port)),
      [false, true, true, false, true, true],
    );
    const shut = parsePortPolicy('reject 25,119');
    assert.deepEqual(
      [25, 26].map((port) => allowsPort(shut, port)),
      [false, true],
    );
    assert.equal(allowsPort(rejectAllPorts, 80), false);
  });

  test('read back as they were written', () => {
    const ends = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom('accept', 'reject'), ends, (kind, ports) => {
        const sorted = ports.toSorted((a, b) => a - b).slice(0, ports.length & ~1);
        const ranges = sorted.flatMap((from, i) => (i % 2 === 0 ? [[from, sorted[i + 1] ?? from] as const] : []));
        const text = renderPortPolicy({ kind, ranges });
        assert.deepEqual(parsePortPolicy(text), { kind, ranges });
      }),
      { seed: 1 },
    );
  });

  test('must ascend and stay within 1 to 65535', () => {
    for (const text of [
      '',
      'accept',
      'accept ',
      'allow 80',
      'accept 0',
      'accept 2-1',
      'accept 80,80',
      'accept 90,80',
      'accept 1-65536',
      'accept 80,',
    ]) {
      assert.throws(() => parsePortPolicy(text, 3), { code: 'netdoc-bad-policy', line: 3 }, text);
    }
  });
});

describe('protocol lists', () => {
  test('answer whether a version is supported', () => {
    const protocols = parseProtocols('Cons=1-2 LinkAuth=1,3 Padding=');
    assert.equal(supportsProtocol(protocols, 'Cons', 2), true);
    assert.equal(supportsProtocol(protocols, 'LinkAuth', 2), false);
    assert.equal(supportsProtocol(protocols, 'LinkAuth', 3), true);
    assert.equal(supportsProtocol(protocols, 'Padding', 1), false);
    assert.equal(supportsProtocol(protocols, 'HSDir', 1), false);
  });

  test('read back as they were written', () => {
    for (const text of ['', 'Cons=1-2', 'Conflux=1 Cons=1-2 LinkAuth=1,3 Padding=']) {
      assert.equal(renderProtocols(parseProtocols(text)), text);
    }
    for (const text of ['Cons', 'Cons=1=2', 'Cons=2-1', 'Cons=64', 'Cons=1 Cons=2', ' Cons=1', 'Cons=1,', '=1']) {
      assert.throws(() => parseProtocols(text, 4), { code: 'netdoc-bad-protocols', line: 4 }, text);
    }
  });
});

describe('exit policies', () => {
  const rules = ['reject 10.0.0.0/8:*', 'accept *:20-23', 'reject [2001:db8::]/32:*', 'accept *:443', 'reject *:*'].map(
    (rule) => {
      const [kind, pattern = ''] = rule.split(' ');
      return parseExitRule(kind === 'accept' ? 'accept' : 'reject', pattern);
    },
  );

  test('the first rule that matches decides', () => {
    assert.equal(allowsExit(rules, '10.1.2.3', 22), false);
    assert.equal(allowsExit(rules, '11.1.2.3', 22), true);
    assert.equal(allowsExit(rules, '11.1.2.3', 24), false);
    assert.equal(allowsExit(rules, '2001:db8::1', 443), false);
    assert.equal(allowsExit(rules, '2001:db9::1', 443), true);
    assert.equal(allowsExit([], '11.1.2.3', 25), true);
    assert.equal(allowsExit([], '11.1.2.3', 0), false);
    assert.throws(() => allowsExit(rules, 'localhost', 80), RangeError);
  });

  test('masks may be addresses', () => {
    assert.equal(parseExitRule('reject', '10.0.0.0/255.0.0.0:*').prefixBits, 8);
    assert.equal(parseExitRule('reject', '10.0.0.0/0.0.0.0:*').prefixBits, 0);
    for (const pattern of [
      '10.0.0.0/255.0.255.0:*',
      '10.0.0.0/33:*',
      '[::1]/129:*',
      '*/8:*',
      '*:0-',
      '*:9-8',
      '10.0.0:1',
      '*:65536',
      '*',
    ]) {
      assert.throws(() => parseExitRule('accept', pattern, 5), { code: 'netdoc-bad-policy', line: 5 }, pattern);
    }
  });

  test('read back as they were written, and match exactly the addresses under their mask', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(address, fc.nat(128), fc.nat(127), (bytes, someBits, flip) => {
        const bits = bytes.length * 8;
        const rule = {
          kind: 'reject',
          address: bytes,
          prefixBits: Math.min(someBits, bits),
          fromPort: 1,
          toPort: 80,
        } as const;
        const [kind, pattern = ''] = renderExitRule(rule).split(' ');
        assert.equal(kind, 'reject');
        assert.deepEqual(parseExitRule('reject', pattern), rule);
        const bit = flip % bits;
        const other = bytes.slice();
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
        const host = renderExitRule({ ...rule, address: other, prefixBits: bits }).slice(
          'reject '.length,
          -':1-80'.length,
        );
        assert.equal(allowsExit([rule], host.replace(/^\[|\]$/g, ''), 80), bit < rule.prefixBits);
      }),
      { seed: 1 },
    );
  });
});
