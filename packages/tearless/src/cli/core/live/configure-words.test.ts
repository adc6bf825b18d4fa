import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { continueWords } from './configure-words.ts';

describe('a build with the layouts of another', () => {
  it('is configured with the words of that one', () => {
    assert.deepEqual(continueWords(['--enable-gpl', 'CFLAGS=-g -O2'], []), ['--enable-gpl', 'CFLAGS=-g -O2']);
  });

  it('takes what is said anew in place of what decided the same', () => {
    const former = ['--enable-gpl', '--enable-systemd', '--with-libevent-dir=/a', '--prefix=/usr', 'CFLAGS=-g\n-O2'];
    assert.deepEqual(
      continueWords(former, ['--disable-gpl', '--enable-systemd', '--without-libevent-dir', 'CFLAGS=-O3']),
      ['--prefix=/usr', '--disable-gpl', '--enable-systemd', '--without-libevent-dir', 'CFLAGS=-O3'],
    );
  });

  it('keeps apart what is enabled and what something is built with', () => {
    assert.deepEqual(continueWords(['--enable-zstd'], ['--with-zstd=/b']), ['--enable-zstd', '--with-zstd=/b']);
  });
});
