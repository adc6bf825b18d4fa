import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { areSameValues, comparableValue, normalizeValue } from './value.ts';

describe('option values in the form tor writes', () => {
  const same: [name: string, value: string, normal: string][] = [
    ['BandwidthRate', '10 MBytes', '10485760'],
    ['bandwidthrate', '80 mbits', '10485760'],
    ['BandwidthRate', '10485760', '10485760'],
    ['MaxMemInQueues', '512.5 MB', '537395200'],
    ['MaxMemInQueues', '9007199254740993', '9007199254740993'],
    ['HeartbeatPeriod', '2 hours', '7200'],
    ['HeartbeatPeriod', '1 month', '2629728'],
    ['LogTimeGranularity', '1 second', '1000'],
    ['ConnLimit', '007', '7'],
    ['PathsNeededToBuildCircuits', '0.750000', '0.75'],
    ['PathBiasCircThreshold', '-1', '-1'],
    ['LongLivedPorts', '80 , 443,22', '80,443,22'],
    ['ExcludeNodes', '{de},  {fr}', '{de},{fr}'],
    ['ExitRelay', 'AUTO', 'auto'],
    ['ContactInfo', ' as it is ', ' as it is '],
    ['NoSuchOption', '1 MB', '1 MB'],
  ];
  for (const [name, value, normal] of same) {
    test(`${name} ${value} is ${normal}`, () => assert.equal(normalizeValue(name, value), normal));
  }

  const refused: [name: string, value: string][] = [
    ['BandwidthRate', '10 MBx'],
    ['BandwidthRate', '-1'],
    ['BandwidthRate', ''],
    ['BandwidthRate', '9223372036854775808'],
    ['HeartbeatPeriod', '30 min'],
    ['HeartbeatPeriod', '3000000000'],
    ['LogTimeGranularity', '5 months'],
    ['StrictNodes', '01'],
    ['StrictNodes', 'yes'],
    ['ExitRelay', 'maybe'],
    ['ConnLimit', 'many'],
    ['PathsNeededToBuildCircuits', '1.2.3'],
  ];
  for (const [name, value] of refused) {
    test(`${name} ${value} is refused`, () => {
      assert.throws(() => normalizeValue(name, value), { code: 'torrc-bad-value', message: new RegExp(name) });
    });
  }
});

test('what does not fit its option is compared as it stands', () => {
  assert.equal(comparableValue('BandwidthRate', '10 MBytes'), '10485760');
  assert.equal(comparableValue('bandwidthrate', ' bananas'), ' bananas');
  assert.equal(comparableValue('NoSuchOption', '1 KB'), '1 KB');
});

test('lists of values are the same when each is, in their order', () => {
  assert.ok(areSameValues('BandwidthRate', ['10 MBytes'], ['10485760']));
  assert.ok(!areSameValues('ORPort', ['9001', '9002'], ['9002', '9001']));
  assert.ok(!areSameValues('ORPort', ['9001'], ['9001', '9002']));
  assert.ok(!areSameValues('ORPort', ['9001', '9002'], ['9001']));
});
