import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDebianSource } from './debian-source.ts';

const said = `stage unpack
version 1.2.3-4+deb12u1
unmet debhelper (>= 10) asciidoc (>= 8.2) libsystemd-dev libzstd-dev (>= 1) pkg-config | pkgconf
CFLAGS -g -O2 -ffile-prefix-map=/some/where=. -flto=auto -ffat-lto-objects -fstack-protector-strong
CPPFLAGS -D_FORTIFY_SOURCE=2
LDFLAGS -flto=auto -Wl,-z,relro -Wl,-z,now
configure 	--enable-systemd 	--prefix=/usr 	--mandir=\${prefix}/share/man 	--sysconfdir=/etc
`;

describe('what a source package says of itself', () => {
  it('is how it would be configured and compiled, without where it was unpacked, and compiled before it is linked', () => {
    assert.deepEqual(parseDebianSource(said), {
      version: '1.2.3-4+deb12u1',
      configure: [
        '--enable-systemd',
        '--prefix=/usr',
        '--sysconfdir=/etc',
        'CFLAGS=-g -O2 -fstack-protector-strong',
        'CPPFLAGS=-D_FORTIFY_SOURCE=2',
        'LDFLAGS=-Wl,-z,relro -Wl,-z,now',
      ],
      unmet: ['libsystemd-dev', 'libzstd-dev', 'pkg-config', 'pkgconf'],
    });
  });

  it('is refused where its rules are of another kind', () => {
    for (const gone of ['configure', 'version', 'CFLAGS|CPPFLAGS|LDFLAGS'])
      assert.throws(() => parseDebianSource(said.replace(new RegExp(`^(${gone}) .*$`, 'gm'), '')), {
        code: 'live-debian-rules-strange',
      });
  });
});
