// What is run on the machine that builds: a release tree of C tor becomes a program whose functions and objects each lie in a
// section of their own, as a program and as one relocatable file. Pure text.
// Arguments: OUT JOBS CONFIGURE…; the tree lies in OUT/source, since compilers write the way to a file into the program, and it must
// be the same for every tree; progress goes to standard output, a stage a line; all else to OUT/build.log.
const begin = `set -eu
out=$1 jobs=$2
shift 2
log=$out/build.log
mkdir -p "$out/build"
cd "$out/build"
stage() { printf 'stage %s\\n' "$1"; printf '== %s\\n' "$1" >>"$log"; }
: >"$log"
plain='-g -O2 -ffunction-sections -fdata-sections'
`;

const configure = `stage configure
../source/configure --disable-asciidoc --disable-unittests "$@" CFLAGS="$plain" >>"$log" 2>&1
`;

const compile = `stage compile
make -j"$jobs" src/app/tor >>"$log" 2>&1
# The file with the main loop: what it calls once must stay a function that is entered again.
stage 'main loop'
rm -f src/core/mainloop/mainloop.o src/app/tor
make CFLAGS="$plain -fno-inline-functions-called-once" src/core/mainloop/mainloop.o >>"$log" 2>&1
make src/app/tor >>"$log" 2>&1
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

export const buildScript = `${begin}${configure}${compile}`;

/** For a tree that was built there before and has changed since: only what changed is compiled. */
export const rebuildScript = `${begin}${compile}`;
