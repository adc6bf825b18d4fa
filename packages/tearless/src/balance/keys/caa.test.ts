import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCaa } from './caa.ts';

describe('CAA records', () => {
  const good: readonly (readonly [text: string, flags: number, tag: string])[] = [
    // RFC 8659 §4.2 to §4.4, and proposal 343.
    ['0 issue "ca1.example.net"', 0, 'issue'],
    ['0 issue ";"', 0, 'issue'],
    ['0 issue ""', 0, 'issue'],
    ['0 issuewild "ca2.example.org; account=230123"', 0, 'issuewild'],
    ['128 issue "test.acmeforonions.org;validationmethods=onion-csr-01"', 128, 'issue'],
    ['0 issue "ca.example; a=1; b=2"', 0, 'issue'],
    ['0 iodef "mailto:security@example.com"', 0, 'iodef'],
    ['0 iodef "https://iodef.example.com/"', 0, 'iodef'],
    ['0 future "anything at all"', 0, 'future'],
  ];
  for (const [text, flags, tag] of good)
    it(`takes ${text}`, () => {
      const value = text.slice(text.indexOf('"'));
      assert.deepEqual(parseCaa(text, 'shop'), { flags, tag, value });
    });

  const bad: readonly (readonly [text: string, why: RegExp])[] = [
    ['', /expected flags, a tag and a value/],
    ['issue "ca.example"', /expected flags/],
    ['0 issue', /expected flags/],
    ['1 issue "ca.example"', /flags are 1/],
    ['999 issue "ca.example"', /flags are 999/],
    ['0 issue ca.example', /quotation marks/],
    ['0 issue "ca.example" more', /quotation marks/],
    ['0 issue "ca.example"\ncaa 0 issue "evil.example"', /expected flags|quotation marks/],
    ['0 issue "ca.example\u0000"', /expected flags|quotation marks/],
    ['0 issue "ca_1.example"', /value of issue/],
    ['0 issue "ca.example; =1"', /value of issue/],
    ['0 issuewild "%%%%%"', /value of issuewild/],
    ['0 iodef "somebody"', /value of iodef/],
  ];
  for (const [text, why] of bad)
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCaa(text, 'shop'), { name: 'BalanceError', code: 'balance-caa', message: why });
    });
});
