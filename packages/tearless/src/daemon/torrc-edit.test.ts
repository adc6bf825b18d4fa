import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DaemonError } from './daemon-error.ts';
import { planTorrcEdit, type WantedValues } from './torrc-edit.ts';
import { effectiveValues, type TorrcFile } from './torrc-files.ts';

const path = '/etc/tor/instances/a/torrc';
const torrc = (text: string, ...included: TorrcFile[]): TorrcFile[] => [{ path, text }, ...included];
const wanted = (options: Record<string, WantedValues>) => new Map(Object.entries(options));
const code = (expected: string) => (error: unknown) => error instanceof DaemonError && error.code === expected;

test('only the lines that must change do', () => {
  const text = '# my relay\nnickname abc   # mine\n\nBandwidthRate 10 MB\r\nORPort 9001\n';
  const edit = planTorrcEdit(
    torrc(text),
    wanted({ Nickname: ['abc'], BandwidthRate: ['20 MB'], MaxMemInQueues: ['512 MB'] }),
  );
  assert.equal(
    edit.text.replaceAll('\r', ''),
    '# my relay\nnickname abc   # mine\n\nBandwidthRate 20 MB\nORPort 9001\nMaxMemInQueues 512 MB\n',
  );
  assert.deepEqual(edit.changes, [
    { name: 'BandwidthRate', before: ['10 MB'], after: ['20 MB'] },
    { name: 'MaxMemInQueues', before: [], after: ['512 MB'] },
  ]);
  assert.equal(edit.activation, 'reload');
});

test('a value that only looks different is no change', () => {
  const files = torrc('BandwidthRate 10485760\nExitRelay 0\n');
  const edit = planTorrcEdit(files, wanted({ bandwidthrate: ['10 MBytes'], ExitRelay: ['0'], DirCache: null }));
  assert.deepEqual(edit, { text: files[0]?.text, changes: [], activation: 'none', restartReasons: [] });
});

test('an option is removed wherever it stands in the main file', () => {
  const edit = planTorrcEdit(torrc('DirCache 0\nNickname a\ndircache 0 # experiment\n'), wanted({ DirCache: null }));
  assert.equal(edit.text, 'Nickname a\n');
  assert.deepEqual(edit.changes, [{ name: 'DirCache', before: ['0'], after: null }]);
});

test('options that a running tor refuses ask for a restart and say why', () => {
  const options = wanted({ TokenBucketRefillInterval: ['50 msec'], BandwidthRate: ['1 MB'] });
  const edit = planTorrcEdit(torrc('Nickname a\n'), options);
  assert.equal(edit.activation, 'restart');
  assert.deepEqual(edit.restartReasons, ['TokenBucketRefillInterval cannot change while tor runs']);
  const sandboxed = planTorrcEdit(torrc('Sandbox 1\n'), wanted({ Address: ['192.0.2.1'] }));
  assert.deepEqual(sandboxed.restartReasons, ['Address cannot change while tor runs in its sandbox']);
});

test('a low port that opens anew asks for a restart, one that stays does not', () => {
  const files = torrc('ORPort 443\nORPort [::1]:9001\n');
  assert.equal(planTorrcEdit(files, wanted({ ORPort: ['443'] })).activation, 'reload');
  assert.equal(planTorrcEdit(files, wanted({ ORPort: ['443', '[::1]:9002'] })).activation, 'reload');
  const low = planTorrcEdit(files, wanted({ ORPort: ['443', '10.0.0.1:80 NoListen'] }));
  assert.deepEqual(low.restartReasons, ['ORPort 80 can only be opened before tor gives up root']);
});

test('what is no option, what tor has removed and what Tearless must not touch is refused', () => {
  const files = torrc('Nickname a\n');
  const plan = (options: Record<string, WantedValues>) => () => planTorrcEdit(files, wanted(options));
  assert.throws(
    plan({ BandwithRate: ['1 MB'] }),
    (error) =>
      error instanceof DaemonError &&
      error.code === 'daemon-unknown-option' &&
      error.hint === "write 'BandwidthRate' if that is meant",
  );
  assert.throws(
    plan({ Nick: ['b'] }),
    (error) => code('daemon-unknown-option')(error) && /Nickname/.test((error as DaemonError).hint ?? ''),
  );
  assert.throws(plan({ '%include': ['/etc/x'] }), code('daemon-unknown-option'));
  assert.throws(plan({ DirReqStatistics: ['0'], AllowDotExit: ['1'] }), code('daemon-obsolete-option'));
  assert.throws(plan({ DisableNetwork: ['1'] }), code('daemon-fixed-option'));
  assert.throws(plan({ datadirectory: ['/x'] }), code('daemon-guarded-option'));
  assert.throws(plan({ Sandbox: ['1'] }), code('daemon-guarded-option'));
  assert.throws(plan({ SocksPort: ['unix:/tmp/x'] }), code('daemon-guarded-option'));
  assert.throws(plan({ ControlSocket: null }), code('daemon-guarded-option'));
  assert.throws(plan({ HiddenServicePort: ['80'] }), code('daemon-service-option'));
  assert.throws(plan({ Nickname: ['a', 'b'] }), code('daemon-option-once'));
  assert.throws(plan({ BandwidthRate: ['fast'] }), code('daemon-option-value'));
});

test('an included file that wins is named with its line', () => {
  const include: TorrcFile = { path: '/etc/tor/common.d/10-rate.conf', text: '# all relays\nBandwidthRate 5 MB\n' };
  const files = torrc('%include /etc/tor/common.d\nNickname a\n', include);
  assert.deepEqual(effectiveValues(files).get('BandwidthRate'), ['5 MB']);
  // what stands below the include wins over it
  assert.match(planTorrcEdit(files, wanted({ BandwidthRate: ['9 MB'] })).text, /Nickname a\nBandwidthRate 9 MB\n$/);
  assert.throws(
    () => planTorrcEdit(files, wanted({ BandwidthRate: null })),
    (error) => code('daemon-include-wins')(error) && (error as Error).message.includes('10-rate.conf:2'),
  );
});

test('a file that is included and was not read is an error, not an empty file', () => {
  assert.throws(() => planTorrcEdit(torrc('%include /etc/tor/gone\n'), wanted({ Nickname: ['a'] })), {
    code: 'torrc-include-missing',
  });
});

test('include patterns match as glob does', () => {
  const files = torrc(
    '%include /etc/tor/*.d/[ab]*.conf\n',
    { path: '/etc/tor/x.d/b.conf', text: 'Nickname b\n' },
    { path: '/etc/tor/x.d/a.conf', text: 'Nickname a\n' },
    { path: '/etc/tor/x.d/c.conf', text: 'Nickname c\n' },
    { path: '/etc/tor/x.d/sub/a.conf', text: 'Nickname sub\n' },
  );
  assert.deepEqual(effectiveValues(files).get('Nickname'), ['b']);
});
