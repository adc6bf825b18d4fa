import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TorError } from '../error.ts';
import { type Command, encodeCommand, showCommand, word } from './command.ts';
import * as commands from './commands.ts';

const encode = (command: Command) => Buffer.from(encodeCommand(command)).toString();
const refused = (error: unknown) =>
  error instanceof TorError && error.code === 'control-bad-argument' && error.kind === 'refused';

test('no argument, whatever it holds, makes more than one line of a command', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '\r', '\n', '\0', '.') }),
      (key, value) => {
        for (const build of [
          () => commands.confCommand('SETCONF', { [key]: value }),
          () => commands.confCommand('SETCONF', { Nickname: value }),
          () => commands.getConf([key]),
          () => commands.simple('GETINFO', value),
          () => commands.mapAddress({ [key]: value }),
          () => commands.extendCircuit({ path: [value] }),
          () => commands.addOnion({ ports: [value] }),
          () => ({ keyword: key, args: [value] }),
        ]) {
          let wire: string;
          try {
            wire = encode(build());
          } catch (error) {
            assert.ok(refused(error), String(error));
            continue;
          }
          assert.match(wire, /^[^\r\n\0]*\r\n$/);
        }
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});

test('no data ends its own command', () => {
  const lines = fc.array(fc.constantFrom('.', '..', '', 'ORPort 9001', '.\r', 'QUIT'), { maxLength: 6 });
  fc.assert(
    fc.property(lines, fc.constantFrom('\n', '\r\n'), (lines, end) => {
      let wire: string;
      try {
        wire = encode(commands.loadConf(lines.join(end)));
      } catch (error) {
        assert.ok(refused(error));
        return;
      }
      assert.equal(wire.indexOf('\r\n.\r\n'), wire.length - 5);
      assert.match(wire, /^\+LOADCONF\r\n/);
    }),
    { seed: 6, numRuns: 300 },
  );
});

test('commands as they go over the wire', () => {
  const cases: [Command, string][] = [
    [commands.simple('GETINFO', 'version', 'ns/id/$AB'), 'GETINFO version ns/id/$AB'],
    [commands.simple('SETEVENTS'), 'SETEVENTS'],
    [commands.authenticate(undefined), 'AUTHENTICATE'],
    [commands.authenticate('00ff'), 'AUTHENTICATE 00ff'],
    [commands.authenticate(''), 'AUTHENTICATE ""'],
    [
      commands.confCommand('SETCONF', { ContactInfo: 'a "b" \\ ü', ORPort: 9001, Sandbox: true }),
      'SETCONF ContactInfo="a \\"b\\" \\\\ ü" ORPort="9001" Sandbox="1"',
    ],
    [
      commands.confCommand('SETCONF', { Log: ['notice stdout', 'warn stderr'], Nickname: null, Bridge: [] }),
      'SETCONF Log="notice stdout" Log="warn stderr" Nickname Bridge',
    ],
    [
      commands.confCommand('RESETCONF', [
        ['HiddenServiceDir', '/a'],
        ['HiddenServicePort', '80'],
        ['HiddenServiceDir', '/b'],
      ]),
      'RESETCONF HiddenServiceDir="/a" HiddenServicePort="80" HiddenServiceDir="/b"',
    ],
    [commands.getConf(['ORPort', '__OwningControllerProcess']), 'GETCONF ORPort __OwningControllerProcess'],
    [commands.mapAddress({ '1.2.3.4': 'a.example', '.': 'b.example' }), 'MAPADDRESS 1.2.3.4=a.example .=b.example'],
    [commands.extendCircuit({}), 'EXTENDCIRCUIT 0'],
    [
      commands.extendCircuit({ circuitId: '7', path: ['$AB', 'relay1'], purpose: 'controller' }),
      'EXTENDCIRCUIT 7 $AB,relay1 purpose=controller',
    ],
    [
      commands.addOnion({ ports: ['80', '22,127.0.0.1:22'], flags: ['Detach', 'DiscardPK'], maxStreams: 9 }),
      'ADD_ONION NEW:ED25519-V3 Flags=Detach,DiscardPK MaxStreams=9 Port=80 Port=22,127.0.0.1:22',
    ],
    [
      commands.hsPost('hs-descriptor 3\n.', { servers: ['AB', 'CD'], address: 'abc' }),
      '+HSPOST SERVER=AB SERVER=CD HSADDRESS=abc\r\nhs-descriptor 3\r\n..\r\n.',
    ],
  ];
  for (const [command, wire] of cases) assert.equal(encode(command), `${wire}\r\n`);
});

test('commands that would mean something else are refused before anything is sent', () => {
  const cases: (() => unknown)[] = [
    () => commands.confCommand('SETCONF', {}),
    () => commands.confCommand('SETCONF', { 'A=B C': '1' }),
    () => commands.confCommand('SETCONF', { A: Number.NaN }),
    () => commands.confCommand('SETCONF', { A: 'x\nExitPolicy accept *:*' }),
    () => commands.mapAddress({}),
    () => commands.mapAddress({ 'a=b': 'c' }),
    () => commands.extendCircuit({ path: ['a,b'] }),
    () => commands.addOnion({ ports: [] }),
    () => commands.simple('GETINFO', 'two words'),
    () => commands.simple('GETINFO', ''),
    () => encode({ keyword: 'GET INFO', args: [] }),
    () => encode({ keyword: '+LOADCONF', args: [] }),
    () => encode(commands.loadConf('a\rb')),
    () => encode(commands.loadConf('a\0b')),
    () => word('quote"d', 'x'),
  ];
  for (const build of cases) assert.throws(build, refused, String(build));
});

test('the name of a command in errors has no secret in it', () => {
  const shown = [
    commands.authenticate('c0ffee'),
    commands.addOnion({ key: 'ED25519-V3:c0ffee', ports: ['80'] }),
    commands.confCommand('SETCONF', { HashedControlPassword: 'c0ffee', ORPort: '9001' }),
    commands.loadConf('HashedControlPassword c0ffee'),
    commands.authChallenge('c0ffee'),
  ].map(showCommand);
  assert.deepEqual(shown, [
    'AUTHENTICATE',
    'ADD_ONION',
    'SETCONF HashedControlPassword ORPort',
    'LOADCONF',
    'AUTHCHALLENGE',
  ]);
  assert.equal(showCommand(commands.simple('GETINFO', 'a'.repeat(500))).length, 101);
});
