// Jobs go out of a table of cron and come back, through the helper's own text in a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/json.ts';
import { renderHelper } from '../../host/helper/render-helper.ts';
import { LocalTransport } from '../../host/local/local-transport.ts';
import { RemoteHost } from '../../host/remote-host.ts';
import { type OwnPlace, ownPlace } from '../../host/testing/own-place.ts';
import type { StepContext } from '../step.ts';
import { cronCut, cutLines } from './cron-cut.ts';

const path = '/etc/cron.d/relays';
const former =
  '# jobs\n0 6 * * * root /opt/x/collect.sh\n0 7 * * * root echo \u00e9 x\n0 6 * * * root /opt/x/collect.sh\nlast line';
const params = {
  path,
  lines: [{ line: 2, text: '0 6 * * * root /opt/x/collect.sh' }],
  expects: sha256Hex(former),
};

describe('cutting lines', () => {
  it('takes the line with that number, and every other byte stays', () => {
    const odd = Buffer.concat([Buffer.from('a\r\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\nc')]);
    assert.deepEqual(
      cutLines(odd, [{ line: 3, text: 'b' }]),
      Buffer.concat([Buffer.from('a\r\n'), Buffer.from([0xff, 0x0a]), Buffer.from('c')]),
    );
    assert.equal(cutLines(odd, [{ line: 2, text: 'b' }]), undefined);
    assert.equal(cutLines(odd, [{ line: 5, text: '' }]), undefined);
    assert.equal(Buffer.from(cutLines(odd, [{ line: 4, text: 'c' }]) ?? []).toString('latin1'), 'a\r\n\xff\nb\n');
  });
});

describe('cron.cut', () => {
  let place: OwnPlace;
  let host: RemoteHost;
  const context = (): StepContext => ({ host, clock: systemClock, signal: new AbortController().signal, run: 'r' });
  const read = () => readFile(join(place.root, path), 'utf8');
  before(async () => {
    place = await ownPlace();
    await mkdir(join(place.root, '/etc/cron.d'));
    const helper = renderHelper({ factsScript: ':', place });
    host = new RemoteHost({ transport: new LocalTransport('here'), helper, carryHelper: true });
  });
  beforeEach(() => writeFile(join(place.root, path), former));
  after(async () => {
    await host.close();
    await place[Symbol.asyncDispose]();
  });

  it('takes all copies of a job that the plan names, proves it, and puts the table back byte by byte', async () => {
    const both = { ...params, lines: [...params.lines, { line: 4, text: '0 6 * * * root /opt/x/collect.sh' }] };
    assert.equal(await cronCut.check(context(), both), false);
    const memory = await cronCut.remember(context(), both);
    await cronCut.do(context(), both, memory);
    await cronCut.do(context(), both, memory);
    assert.equal(await read(), '# jobs\n0 7 * * * root echo \u00e9 x\nlast line');
    assert.deepEqual((await cronCut.verify(context(), both, memory)).removedLines, [2, 4]);
    assert.equal(await cronCut.check(context(), both), true);
    await cronCut.undo(context(), both, memory);
    await cronCut.undo(context(), both, memory);
    assert.equal(await read(), former);
  });

  it('leaves a table alone that somebody changed since it was planned, or since it was cut', async () => {
    await writeFile(join(place.root, path), `${former}\n1 1 * * * root true\n`);
    await assert.rejects(cronCut.remember(context(), params), { code: 'change-file-drifted' });
    await writeFile(join(place.root, path), former);
    const memory = await cronCut.remember(context(), params);
    await cronCut.do(context(), params, memory);
    await writeFile(join(place.root, path), 'theirs\n');
    await assert.rejects(cronCut.undo(context(), params, memory), { code: 'change-file-drifted' });
    assert.equal(await read(), 'theirs\n');
  });
});
