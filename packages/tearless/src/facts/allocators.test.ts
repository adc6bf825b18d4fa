import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCandidates, findLoadedAllocator, type LibraryKnowledge, nameAllocator } from './allocators.ts';
import type { AllocatorName } from './observed.ts';
import type { MappedObject } from './sections/mapped-objects.ts';

const lib = '/usr/lib/x86_64-linux-gnu';
const mapped = (path: string, deleted = false): MappedObject => ({
  path,
  deleted,
  mapFile: `/proc/7/map_files${path}`,
});
const libc = mapped(`${lib}/libc.so.6`);
const jemalloc = mapped(`${lib}/libjemalloc.so.2`);
const mimalloc = mapped(`${lib}/libmimalloc.so.2.0`);
const tor = mapped('/usr/bin/tor');

const know = (objects: readonly MappedObject[], markers: Record<string, AllocatorName[]> = {}): LibraryKnowledge => ({
  buildIds: new Map(objects.map(({ mapFile, path }) => [mapFile, `b${path.length}`])),
  markers: new Map(Object.entries(markers).map(([path, names]) => [`/proc/7/map_files${path}`, new Set(names)])),
  owners: new Map([
    [jemalloc.path, 'libjemalloc2'],
    [libc.path, 'libc6'],
  ]),
  packages: [
    { name: 'libjemalloc2', version: '5.3.0-1', held: false },
    { name: 'libc6', version: '2.36-9', held: false },
  ],
});

describe('the name of an allocator', () => {
  const cases: [string, AllocatorName[] | undefined, AllocatorName][] = [
    [`${lib}/libmimalloc.so.2.0`, undefined, 'mimalloc'],
    [`${lib}/libtcmalloc_minimal.so.4.5.10`, ['tcmalloc'], 'tcmalloc'],
    [`${lib}/libc.so.6`, undefined, 'glibc'],
    ['/lib/x86_64-linux-gnu/libc-2.31.so', [], 'glibc'],
    ['/opt/own/libfast.so', ['jemalloc'], 'jemalloc'],
    ['/opt/own/libmimalloc.so', ['jemalloc'], 'jemalloc'],
    ['/opt/own/libfast.so', ['jemalloc', 'mimalloc'], 'unknown'],
    [`${lib}/libcrypto.so.3`, undefined, 'unknown'],
    ['/opt/libc.so.6.d/libz.so.1', undefined, 'unknown'],
  ];
  for (const [path, contents, name] of cases)
    it(`of ${path} with ${contents?.join(' and ') ?? 'nothing'} inside is ${name}`, () => {
      assert.equal(nameAllocator(path, contents && new Set(contents)), name);
    });
});

describe('the allocator that a process has loaded', () => {
  it('is glibc when no other is mapped, also when another was asked for', () => {
    assert.deepEqual(findLoadedAllocator([tor, libc], `${lib}/libmissing.so`, know([libc])), {
      allocator: {
        allocator: 'glibc',
        path: libc.path,
        buildId: `b${libc.path.length}`,
        package: { name: 'libc6', version: '2.36-9' },
      },
      allocatorReplaced: false,
      preload: `${lib}/libmissing.so`,
    });
  });

  it('is the one that is mapped beside libc', () => {
    assert.deepEqual(findLoadedAllocator([tor, libc, jemalloc], undefined, know([libc, jemalloc])), {
      allocator: {
        allocator: 'jemalloc',
        path: jemalloc.path,
        buildId: `b${jemalloc.path.length}`,
        package: { name: 'libjemalloc2', version: '5.3.0-1' },
      },
      allocatorReplaced: false,
    });
  });

  it('has no package once its file was replaced, since the installed version is another', () => {
    const gone = mapped(jemalloc.path, true);
    const loaded = findLoadedAllocator([libc, gone], undefined, know([libc, gone]));
    assert.equal(loaded?.allocatorReplaced, true);
    assert.equal(loaded?.allocator.package, undefined);
    assert.equal(loaded?.allocator.buildId, `b${jemalloc.path.length}`);
  });

  it('is known by its contents when its name says nothing', () => {
    const own = mapped('/opt/own/libfast.so');
    const loaded = findLoadedAllocator([libc, own], undefined, know([libc, own], { [own.path]: ['mimalloc'] }));
    assert.equal(loaded?.allocator.allocator, 'mimalloc');
  });

  it('is tor itself when an allocator is linked into it', () => {
    const loaded = findLoadedAllocator([tor, libc], undefined, know([libc, tor], { [tor.path]: ['jemalloc'] }));
    assert.deepEqual([loaded?.allocator.allocator, loaded?.allocator.path], ['jemalloc', '/usr/bin/tor']);
  });

  it('is the first of LD_PRELOAD when two are mapped', () => {
    const both = know([libc, jemalloc, mimalloc]);
    const order = (preload: string) =>
      findLoadedAllocator([jemalloc, mimalloc, libc], preload, both)?.allocator.allocator;
    assert.equal(order(`${lib}/libmimalloc.so.2:${lib}/libjemalloc.so.2`), 'mimalloc');
    assert.equal(order('libjemalloc.so.2 libmimalloc.so.2.0'), 'jemalloc');
  });

  it('is unknown when two are mapped and nothing tells which comes first', () => {
    const loaded = findLoadedAllocator([jemalloc, mimalloc, libc], undefined, know([libc, jemalloc, mimalloc]));
    assert.equal(loaded?.allocator.allocator, 'unknown');
  });

  it('is not given when the mapped file could not be read', () => {
    assert.equal(findLoadedAllocator([libc, jemalloc], undefined, know([libc])), undefined);
    assert.equal(findLoadedAllocator([tor], undefined, know([tor])), undefined);
  });
});

describe('the libraries that lie ready', () => {
  it('are those that were read as 64-bit ELF files, each with its package', () => {
    const knowledge: LibraryKnowledge = {
      buildIds: new Map([
        ['/usr/lib/x86_64-linux-gnu/libjemalloc.so.2', 'aa'],
        ['/opt/lib/libmimalloc.so', undefined],
      ]),
      markers: new Map(),
      owners: new Map([['/usr/lib/x86_64-linux-gnu/libjemalloc.so.2', 'libjemalloc2']]),
      packages: [{ name: 'libjemalloc2', version: '5.3.0-1', held: true }],
    };
    assert.deepEqual(
      describeCandidates(
        [jemalloc.path, '/opt/lib/libmimalloc.so', '/usr/lib32/libjemalloc.so.2'],
        new Map([['/opt/lib/libmimalloc.so', ['/opt/lib/libmimalloc.so.2']]]),
        knowledge,
      ),
      [
        {
          allocator: 'jemalloc',
          path: jemalloc.path,
          buildId: 'aa',
          package: { name: 'libjemalloc2', version: '5.3.0-1' },
        },
        { allocator: 'mimalloc', path: '/opt/lib/libmimalloc.so', aliases: ['/opt/lib/libmimalloc.so.2'] },
      ],
    );
  });
});
