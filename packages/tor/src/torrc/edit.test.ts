import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addOption, addService, getOption, removeOption, removeService, setOption, setServiceOption } from './edit.ts';
import { canonicalName, findOption } from './known-options.ts';
import { optionNodes, parseTorrc, renderTorrc, type Torrc } from './syntax.ts';
import { validTorrcs } from './testing/torrc-texts.ts';

const relay = `# My relay
orport 9001   # the port
Nickname one
	ExitPolicy accept *:80
ExitPolicy reject *:*

# Notes at the end of the main section.

## Onion services
HiddenServiceDir /var/lib/tor/a
  HiddenServicePort 80
HiddenServiceDir /var/lib/tor/b
HiddenServicePort 81
`;

function edited(text: string, change: (tree: Torrc) => Torrc): string {
  return renderTorrc(change(parseTorrc(text)));
}

describe('torrc edits', () => {
  test('a value changes in place and keeps spelling, spacing and comment', () => {
    assert.equal(
      edited(relay, (tree) => setOption(tree, 'ORPort', ['443'])),
      relay.replace('orport 9001   # the port', 'orport 443   # the port'),
    );
  });

  test('nothing to do gives the very same tree', () => {
    const tree = parseTorrc(relay);
    assert.equal(setOption(tree, 'orPort', ['9001']), tree);
    assert.equal(removeOption(tree, 'ContactInfo'), tree);
  });

  test('of a repeated option only the lines that differ change; surplus ones go, missing ones follow', () => {
    assert.equal(
      edited(relay, (tree) => setOption(tree, 'ExitPolicy', ['accept *:443', 'reject *:*', 'accept *:25'])),
      relay.replace(
        '\tExitPolicy accept *:80\nExitPolicy reject *:*\n',
        '\tExitPolicy accept *:443\nExitPolicy reject *:*\nExitPolicy accept *:25\n',
      ),
    );
    assert.equal(
      edited(relay, (tree) => setOption(tree, 'ExitPolicy', ['reject *:*'])),
      relay.replace('\tExitPolicy accept *:80\nExitPolicy reject *:*\n', '\tExitPolicy reject *:*\n'),
    );
  });

  test('a new option goes to the end of the main section, above the comments that follow it and above services', () => {
    assert.equal(
      edited(relay, (tree) => setOption(tree, 'contactinfo', ['me #1'])),
      relay.replace('ExitPolicy reject *:*\n', 'ExitPolicy reject *:*\nContactInfo "me #1"\n'),
    );
    assert.equal(
      edited('# about a\nHiddenServiceDir /a\n', (tree) => setOption(tree, 'Nickname', ['x'])),
      'Nickname x\n# about a\nHiddenServiceDir /a\n',
    );
    assert.equal(
      edited('Nickname a\n%include more\n# end\n', (tree) => setOption(tree, 'ORPort', ['1'])),
      'Nickname a\n%include more\nORPort 1\n# end\n',
    );
    assert.equal(
      edited('# all\n# comments\n', (tree) => setOption(tree, 'ORPort', ['1'])),
      '# all\n# comments\nORPort 1\n',
    );
    assert.equal(
      edited('', (tree) => setOption(tree, 'ORPort', ['1'])),
      'ORPort 1\n',
    );
  });

  test('adding keeps the lines of an option together', () => {
    assert.equal(
      edited(relay, (tree) => addOption(tree, 'ORPort', '[::]:9001')),
      relay.replace('# the port\n', '# the port\nORPort [::]:9001\n'),
    );
  });

  test('aliases and case are the same option', () => {
    assert.equal(
      edited('StrictNode 0\nstrictnodes 0\n', (tree) => setOption(tree, 'StrictNodes', ['1'])),
      'StrictNode 1\n',
    );
  });

  test('prefixes of an option that is set go, since they would change what it means', () => {
    assert.equal(
      edited('/Log\n+Log notice syslog\n', (tree) => setOption(tree, 'Log', ['notice syslog'])),
      'Log notice syslog\n',
    );
    assert.equal(
      edited('a 1\n/Log\nb 2\n', (tree) => setOption(tree, 'Log', ['err syslog'])),
      'a 1\nLog err syslog\nb 2\n',
    );
  });

  test('CR LF and a missing final newline stay as they are', () => {
    assert.equal(
      edited('Nickname a\r\n# end', (tree) => setOption(tree, 'ORPort', ['1', '2'])),
      'Nickname a\r\nORPort 1\r\nORPort 2\r\n# end',
    );
    assert.equal(
      edited('Nickname a\r\nORPort 9', (tree) => addOption(tree, 'ORPort', '10')),
      'Nickname a\r\nORPort 9\r\nORPort 10',
    );
    assert.equal(
      edited('Nickname a\nORPort 9', (tree) => removeOption(tree, 'ORPort')),
      'Nickname a',
    );
  });

  test('a new line is never swallowed by an unfinished value above it', () => {
    for (const open of ['ContactInfo a \\', 'ContactInfo a \\\n', 'ContactInfo a \\\n# c', 'ContactInfo a \\\n# c\n']) {
      const before = getOption(parseTorrc(open), 'ContactInfo');
      const tree = addOption(parseTorrc(open), 'Nickname', 'x');
      assert.deepEqual([getOption(tree, 'ContactInfo'), getOption(tree, 'Nickname')], [before, ['x']], open);
    }
  });

  test('a continued value is replaced whole', () => {
    assert.equal(
      edited('Nickname a\nMyFamily \\\n  $AA, \\\n # two\n  $BB\nORPort 1\n', (tree) =>
        setOption(tree, 'MyFamily', ['$CC']),
      ),
      'Nickname a\nMyFamily $CC\nORPort 1\n',
    );
  });

  test('a comment right behind a bare name does not swallow the value it gets', () => {
    assert.equal(
      edited('Nickname#none yet\n', (tree) => setOption(tree, 'Nickname', ['x'])),
      'Nickname x #none yet\n',
    );
  });

  test('no value and no name goes in that would become something else', () => {
    const tree = parseTorrc(relay);
    assert.throws(() => setOption(tree, 'Nickname', ['a\nORPort 1']), { code: 'torrc-bad-value' });
    assert.throws(() => addOption(tree, 'Nickname', ''), { code: 'torrc-bad-value' });
    assert.throws(() => addOption(tree, 'Nick name', 'a'), { code: 'torrc-bad-name' });
    assert.throws(() => addOption(tree, '#Nickname', 'a'), { code: 'torrc-bad-name' });
  });
});

describe('torrc edits of onion services', () => {
  test('an option is set below its own service only', () => {
    assert.equal(
      edited(relay, (tree) => setServiceOption(tree, '/var/lib/tor/a', 'HiddenServicePort', ['80', '443'])),
      relay.replace('  HiddenServicePort 80\n', '  HiddenServicePort 80\n  HiddenServicePort 443\n'),
    );
    assert.equal(
      edited(relay, (tree) => setServiceOption(tree, '/var/lib/tor/b', 'HiddenServiceMaxStreams', ['9'])),
      `${relay}HiddenServiceMaxStreams 9\n`,
    );
    assert.equal(
      edited(relay, (tree) => setServiceOption(tree, '/var/lib/tor/a', 'HiddenServicePort', [])),
      relay.replace('  HiddenServicePort 80\n', ''),
    );
  });

  test('a service is added and removed whole', () => {
    const options = [{ name: 'HiddenServicePort', value: '80 unix:/run/c' }];
    const added = edited(relay, (tree) => addService(tree, '/var/lib/tor/c', options));
    assert.equal(added, `${relay}HiddenServiceDir /var/lib/tor/c\nHiddenServicePort 80 unix:/run/c\n`);
    assert.equal(
      edited(added, (tree) => removeService(tree, '/var/lib/tor/c')),
      relay,
    );
    assert.equal(
      edited('HiddenServiceDir /a\nNickname x\nHiddenServicePort 1\n# c\n', (tree) => removeService(tree, '/a')),
      'Nickname x\n# c\n',
    );
  });

  test('says when a call makes no sense', () => {
    const tree = parseTorrc(relay);
    assert.throws(() => setOption(tree, 'HiddenServicePort', ['80']), { code: 'torrc-grouped-option' });
    assert.throws(() => addOption(tree, 'hiddenservicedir', '/x'), { code: 'torrc-grouped-option' });
    assert.throws(() => setServiceOption(tree, '/var/lib/tor/a', 'ORPort', ['80']), { code: 'torrc-grouped-option' });
    assert.throws(() => setServiceOption(tree, '/nowhere', 'HiddenServicePort', []), { code: 'torrc-no-such-service' });
    assert.throws(() => addService(tree, '/var/lib/tor/a', []), { code: 'torrc-service-exists' });
  });
});

describe('torrc edits, for any file', () => {
  const names = fc.constantFrom('Nickname', 'ORPort', 'ExitPolicy', 'ContactInfo', 'MyFamily', 'x_unknown');
  const newValues = fc.array(fc.constantFrom('a', '443', 'has # hash', 'back\\', 'é "q"'), { maxLength: 3 });

  test('the option has the new values, all others stay as they were, and untouched lines keep their bytes', () => {
    fc.assert(
      fc.property(validTorrcs, names, newValues, (text, name, values) => {
        const before = parseTorrc(text);
        const after = setOption(before, name, values);
        assert.deepEqual(getOption(after, name), values);
        assert.deepEqual(others(after, name), others(before, name));
        assert.deepEqual(parseTorrc(renderTorrc(after)), after);
        assert.equal(setOption(after, name, values), after);
        assert.equal(/\n$/.test(renderTorrc(after)) || renderTorrc(after) === '', endsInNewline(text, after));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('removing what was added gives the file back', () => {
    fc.assert(
      fc.property(validTorrcs, newValues, (text, values) => {
        const tree = parseTorrc(text);
        fc.pre(!text.includes('\\')); // an unfinished value gets the blank line it lacked
        let changed = tree;
        for (const value of values) changed = addOption(changed, 'MyFamily', value);
        assert.equal(renderTorrc(removeOption(changed, 'MyFamily')), text);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  /** What of the file is not about `name`: the text of every other node but the last newline, which may move. */
  function others(tree: Torrc, name: string): string[] {
    const wanted = canonicalName(name);
    const kept = tree.nodes.filter((node) => node.kind !== 'option' || canonicalName(node.name) !== wanted);
    return kept
      .map((node) => renderTorrc({ nodes: [node] }).replace(/(?:\r?\n)+$/, ''))
      .filter((text) => text.trim() !== '');
  }

  function endsInNewline(text: string, after: Torrc): boolean {
    if (after.nodes.length === 0) return true;
    return text === '' || text.endsWith('\n') || renderTorrc(after).endsWith('\n');
  }

  test('every grouped option is known to be one', () => {
    const grouped = optionNodes(parseTorrc('HiddenServiceDir /x\nHiddenServicePort 1\nSocksPort 1\n'));
    assert.deepEqual(
      grouped.map((node) => findOption(node.name)?.group),
      ['HiddenServiceOptions', 'HiddenServiceOptions', 'SocksPortLines'],
    );
  });
});
