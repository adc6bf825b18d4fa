import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { confinementRule, confinementScript, findConfinement } from './confinement.ts';

describe('a process that AppArmor may confine', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-confinement-'));
    mkdirSync(join(folder, 'local'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** On a host that says this of it, and adds that to its profile. */
  const look = (where: string, label: string, added?: readonly [file: string, text: string]): string | undefined => {
    const place = join(folder, '7', where);
    mkdirSync(join(place, '..'), { recursive: true });
    writeFileSync(place, label);
    if (added !== undefined) writeFileSync(join(folder, 'local', added[0]), added[1]);
    try {
      return findConfinement(
        execFileSync('sh', ['-c', confinementScript, 'sh', folder, '7', folder], { encoding: 'utf8' }),
      );
    } finally {
      rmSync(join(folder, '7'), { recursive: true });
    }
  };

  it('is free without AppArmor, where nothing is enforced, and where another module labels it', () => {
    assert.equal(look('other', ''), undefined);
    for (const label of ['', 'unconfined\n', 'system_tor (complain)\n', 'system_u:system_r:tor_t:s0\n'])
      assert.equal(look('attr/current', label), undefined, label);
  });

  it('is started from no build until this host adds a rule to its profile', () => {
    const label = 'system_tor (enforce)\n';
    assert.equal(look('attr/apparmor/current', label), 'system_tor');
    for (const [text, expected] of [
      [`# ${confinementRule}\n`, 'system_tor'],
      ['/usr/local/lib/tearless/live/*/tor r,\n', 'system_tor'],
      ['/srv/tor mr,\n', 'system_tor'],
      [`/srv/x r,\n  ${confinementRule} # builds\n`, undefined],
      ['mr /usr/local/lib/tearless/live/**,\n', undefined],
    ] as const)
      assert.equal(look('attr/current', label, ['system_tor', text]), expected, text);
  });

  it('is told by the name of a profile that is a path, whose additions lie below a name with dots', () => {
    const label = '/usr/bin/tor (enforce)\n';
    assert.equal(look('attr/current', label), '/usr/bin/tor');
    assert.equal(look('attr/current', label, ['usr.bin.tor', `${confinementRule}\n`]), undefined);
  });
});
