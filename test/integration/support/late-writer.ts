// A process that writes a file on a host and then, told to, writes it again: to be killed while the second request is on its
// way. `late-writer.ts HOST SSH_CONFIG PATH FIRST SECOND`.
import { once } from 'node:events';
import { currentHelper } from 'tearless/cli/core/hosts.ts';
import { createSshHost } from 'tearless/host/create-host.ts';

const [name = '', configFile = '', path = '', first = '', second = ''] = process.argv.slice(2);
const attributes = { mode: 0o644, owner: 'root', group: 'root' };
const destination = { host: name, user: 'operator', configFile };
const host = createSshHost({ name, helper: currentHelper(), destination });
await host.write(path, first, attributes);
process.stdout.write('written\n');
await once(process.stdin, 'data');
const writing = host.write(path, second, attributes);
process.stdout.write('asked\n');
await writing;
