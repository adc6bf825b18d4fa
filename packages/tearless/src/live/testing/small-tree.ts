// For tests: a release tree that `live build` takes as it takes tor's, and that configures and builds in a second. It has tor's files
// where a build looks for them, and one struct that lives on the heap. Ours, MIT.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface SmallTree {
  readonly version: string;
  /** Members of `struct conn_t` behind its first. */
  readonly members?: string;
  /** What `conn_work` returns. */
  readonly works?: string;
}

const configure = `#!/bin/sh
set -eu
flags=
for word; do case $word in CFLAGS=*) flags=\${word#CFLAGS=} ;; esac; done
: >orconfig.h
tree=$(dirname "$0")
sed -e "s|@CFLAGS@|$flags|" -e "s|@srcdir@|$tree|" "$tree/Makefile.in" >Makefile
`;

const makefile = `CFLAGS = @CFLAGS@
srcdir = @srcdir@

src/app/tor: src/app/main/tor_main.o libtor.a
	$(CC) -pie -Wl,-z,relro -Wl,-z,now -o $@ $^

libtor.a: src/core/mainloop/mainloop.o src/core/or/conn.o
	rm -f $@
	$(AR) rc $@ $^

src/%.o: $(srcdir)/src/%.c $(srcdir)/src/core/or/or.h $(srcdir)/src/core/or/conn_st.h
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIE -I. -I$(srcdir)/src -c -o $@ $<
`;

const filesOf = ({ version, members = 'unsigned long n_read;', works = 'conn->n_read' }: SmallTree) => ({
  configure,
  'Makefile.in': makefile,
  'src/core/or/or.h': `#ifndef OR_H
#define OR_H
#include <stdlib.h>
#define tor_malloc_zero(size) calloc(1, (size))
struct conn_t;
struct conn_t *conn_new(void);
unsigned long conn_work(struct conn_t *conn);
unsigned long run_main_loop_once(void);
#endif
`,
  'src/core/or/conn_st.h': `#ifndef CONN_ST_H
#define CONN_ST_H
struct conn_t {
  char name[120];
  ${members}
};
#endif
`,
  'src/core/or/conn.c': `#include "core/or/or.h"
#include "core/or/conn_st.h"

struct conn_t *
conn_new(void)
{
  return tor_malloc_zero(sizeof(struct conn_t));
}

unsigned long
conn_work(struct conn_t *conn)
{
  return ${works};
}
`,
  'src/core/mainloop/mainloop.c': `#include "core/or/or.h"

static struct conn_t *the_conn;

unsigned long
run_main_loop_once(void)
{
  if (!the_conn)
    the_conn = conn_new();
  return the_conn ? conn_work(the_conn) : 0;
}
`,
  'src/app/main/tor_main.c': `#include <stdio.h>
#include "core/or/or.h"

int
main(int argc, char **argv)
{
  (void)argv;
  if (argc > 1)
    puts("Tor version ${version}.");
  return run_main_loop_once() != 0;
}
`,
});

/** @param directory that is made for it */
export const writeSmallTree = (directory: string, tree: SmallTree): void => {
  for (const [path, text] of Object.entries(filesOf(tree))) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  // Rooms that a tree of tor has.
  mkdirSync(join(directory, 'src/feature'), { recursive: true });
  chmodSync(join(directory, 'configure'), 0o755);
};
