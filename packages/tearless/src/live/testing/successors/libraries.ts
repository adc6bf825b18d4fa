// A successor that calls functions of libraries that the release never called.
import { beforeFunction, inFile, inFunction, replace } from '../edit-source.ts';
import type { Successor } from './successor.ts';

/** Of the C library, which chooses among several for the processor; of zlib and libevent, which keep no versions of it; of OpenSSL. */
export const newImports: Successor = {
  name: 'functions of libraries that were never called',
  verdict: 'code-only',
  reasons: ['memrchr', 'crc32', 'evutil_ascii_strcasecmp', 'OPENSSL_hexchar2int'].map((name) => [
    'live-import-added',
    name,
  ]),
  edit: inFile(
    'src/core/or/relay.c',
    beforeFunction(
      'append_cell_to_circuit_queue',
      `extern void *memrchr(const void *, int, size_t);
extern unsigned long crc32(unsigned long, const unsigned char *, unsigned int);
extern int evutil_ascii_strcasecmp(const char *, const char *);
extern int OPENSSL_hexchar2int(unsigned char);

static __attribute__((noipa)) int
libraries_agree(const char *text)
{
  return memrchr(text, text[2], 4) == text + 2 && crc32(0, (const unsigned char *) text, 4) == 0x6f2a1f95UL &&
    evutil_ascii_strcasecmp(text, "LATE") == 0 && OPENSSL_hexchar2int('c') == 12;
}
`,
    ),
    inFunction(
      'append_cell_to_circuit_queue',
      replace(
        'scheduler_channel_has_waiting_cells(chan);',
        'if (libraries_agree(chan ? "late" : "never"))\n    scheduler_channel_has_waiting_cells(chan);',
      ),
    ),
  ),
};
