// A process that imports into the database named on its command line, says `half` when blocks lie in it, and goes no further:
// for a test that kills it there.
import { once } from 'node:events';
import { systemClock } from '../../base/clock.ts';
import { openStore } from '../../store/store.ts';
import { importFolder } from '../import/import-folder.ts';
import { segmentRows } from '../import/sample-sink.ts';

const row = '2026-01-01T00:00:00,one,100\n';
const chunk = Buffer.from(row.repeat(65_536));

const folder = {
  path: '/data/x',
  list: async () => [{ name: 'a.csv', bytes: 0 }],
  open: async function* () {
    yield Buffer.from('timestamp,nickname,rss_kb\n2026-01-01T00:00:00,two,100\n');
    // The first look at the file takes 64 KiB; what is beyond is read by the import itself.
    for (let rows = 0; rows < 2 * segmentRows; rows += 65_536) yield chunk;
    process.stdout.write('half\n');
    // Standard input stays open until this process is killed.
    await once(process.stdin.resume(), 'end');
    throw new Error('nobody killed this process');
  },
};

await using store = await openStore(process.argv[2] ?? '');
await importFolder(folder, store, { id: 'x', clock: systemClock });
