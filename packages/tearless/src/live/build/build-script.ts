// What is run on the machine that builds: a release tree of C tor becomes a program whose functions and objects each lie in a
// section of their own, as a program and as one relocatable file. Pure text.
// Arguments: OUT JOBS CONFIGURE…, flags for the compiler among them (CFLAGS=…). The tree lies in OUT/source, since compilers write
// the way to a file into the program, and it must be the same for every tree. Progress goes to standard output, a stage a line; all
// else to OUT/build.log.
import { descriptorVariable, jitInterface } from '../debugger/jit-interface.ts';

const begin = `set -eu
out=$1 jobs=$2
shift 2
log=$out/build.log
mkdir -p "$out/build"
cd "$out/build"
stage() { printf 'stage %s\\n' "$1"; printf '== %s\\n' "$1" >>"$log"; }
flags='-g -O2'
for word; do case $word in CFLAGS=*) flags=\${word#CFLAGS=} ;; esac; done
# Each function and variable by itself: none is one with another that is the same now (ipa-icf), none counts on which registers another
# leaves alone (ipa-ra), none has its place from the linker alone (common).
flags="$flags -ffunction-sections -fdata-sections -fno-ipa-icf -fno-ipa-ra -fno-common"
# Neither the program nor its build-id shall know where it was built.
flags="$flags -ffile-prefix-map=$out=."
main=../source/src/app/main/tor_main.c
[ ! -f "$main" ] || grep -q ${descriptorVariable} "$main" || cat >>"$main" <<'END'
${jitInterface}END
`;

const configure = `: >"$log"
stage configure
../source/configure --disable-asciidoc --disable-unittests "$@" CFLAGS="$flags" >>"$log" 2>&1
`;

const compile = `# The file with the main loop: what it calls once must stay a function that is entered again. Flags that configure found stay.
stage 'main loop'
found=$(sed -n 's/^CFLAGS = //p' Makefile)
make CFLAGS="$found -fno-inline-functions-called-once" src/core/mainloop/mainloop.o >>"$log" 2>&1
stage compile
make -j"$jobs" src/app/tor >>"$log" 2>&1
stage link
ld -r --unique -o "$out/tor.o.new" src/app/main/tor_main.o libtor.a >>"$log" 2>&1
objcopy --strip-debug --keep-file-symbols "$out/tor.o.new" >>"$log" 2>&1
cp src/app/tor "$out/tor.new"
mv "$out/tor.o.new" "$out/tor.o"
mv "$out/tor.new" "$out/tor"
stage version
"$out/tor" --version | sed -n 's/^Tor version \\(.*\\)\\.$/version \\1/p'
cc --version | sed -n '1s/^/compiler /p'
`;

/** Makes the tree known to this machine; headers may be changed afterwards. */
export const configureScript = `${begin}${configure}`;

/** Of a tree that was configured there, or built there before and has changed since: only what changed is compiled. */
export const rebuildScript = `${begin}${compile}`;

export const buildScript = `${begin}${configure}${compile}`;
