// What a balancer hears of a worker's tor, told by a control connection that the test plays.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { makeService, nowMs } from '@tearless/tor/hsdesc/testing/descriptors.ts';
import fc from 'fast-check';
import { HostError } from '../../host/host-error.ts';
import { type HelperStage, makeDescriptor, noneYet, setStage } from './testing/helper-stage.ts';

const service = makeService('a worker');
const own = { kind: 'descriptor', atMs: nowMs, text: makeDescriptor(service) };

/** The tor that was connected to last. */
const torOf = (stage: HelperStage) => {
  const tor = stage.tors.at(-1);
  assert.ok(tor !== undefined);
  return tor;
};
const kindAndWhy = async (stage: HelperStage): Promise<readonly [string, string]> => {
  const heard = await stage.next();
  return [heard.kind, 'why' in heard ? heard.why : ''];
};
/** Lets the time pass that the helper waits for. */
const passOn = async (stage: HelperStage): Promise<number> => {
  const ms = await stage.clock.sleeping();
  stage.clock.pass(ms);
  return ms;
};
const lookFor = (tor: { received: readonly string[] }): number =>
  tor.received.filter((line) => line.startsWith('GETINFO')).length;
/** A stage whose worker is known to be up. */
const settled = async (port?: number): Promise<HelperStage> => {
  const stage = setStage(port);
  if (port !== undefined) {
    await stage.next();
    torOf(stage).send('650 ONION_SERVICE UP TARGET="127.0.0.1:8080"');
  } else await stage.next();
  assert.deepEqual(await stage.next(), { kind: 'up', atMs: nowMs });
  return stage;
};

test('the descriptor of a worker that is well is handed over, and the worker is up', async () => {
  await using stage = setStage();
  assert.deepEqual(await stage.next(), own);
  assert.deepEqual(await stage.next(), { kind: 'up', atMs: nowMs });
  assert.deepEqual(
    torOf(stage)
      .received.filter((line) => !line.startsWith('GETINFO'))
      .slice(0, 3),
    ['PROTOCOLINFO 1', 'AUTHENTICATE', 'SETEVENTS HS_DESC STATUS_CLIENT CIRC CIRC_MINOR'],
  );
});

describe('tor that has no good descriptor yet', () => {
  test('is down until it has one', async () => {
    await using stage = setStage();
    stage.answer = noneYet;
    assert.deepEqual(await kindAndWhy(stage), [
      'down',
      'its tor has no descriptor of it: it starts, or serves no such address',
    ]);
    await passOn(stage);
    await torOf(stage).receivedLines(5);
    stage.answer = { text: own.text };
    await passOn(stage);
    assert.equal((await stage.next()).kind, 'descriptor');
    assert.equal((await stage.next()).kind, 'up');
    assert.deepEqual(stage.left, []);
  });

  test('is asked again when it has made one without a counter, and that one is kept back', async () => {
    await using stage = setStage();
    stage.answer = { text: makeDescriptor(service, 0n) };
    assert.deepEqual(await kindAndWhy(stage), ['down', 'its tor has no introduction points for it yet']);
    await passOn(stage);
    stage.answer = { text: own.text };
    await passOn(stage);
    const heard = await stage.next();
    assert.equal(heard.kind === 'descriptor' && heard.text, own.text);
  });
});

describe('the descriptor is read again', () => {
  const events: readonly (readonly [what: string, event: (address: string) => string, waitMs: number])[] = [
    ['tor makes a new one', (address) => `650 HS_DESC CREATED ${address} UNKNOWN UNKNOWN abc`, 500],
    [
      'an introduction point is there',
      (address) =>
        `650 CIRC_MINOR 7 PURPOSE_CHANGED PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address}`,
      500,
    ],
    [
      'an introduction point is lost',
      (address) => `650 CIRC 7 CLOSED PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address}`,
      500,
    ],
    ['a consensus comes', () => '650 STATUS_CLIENT NOTICE CONSENSUS_ARRIVED', 2_000],
  ];
  for (const [what, event, waitMs] of events)
    test(`when ${what}`, async () => {
      await using stage = await settled();
      const tor = torOf(stage);
      assert.equal(await stage.clock.sleeping(), 60_000);
      tor.send(event(stage.address.replace('.onion', '')));
      while ((await stage.clock.sleeping()) > waitMs) await new Promise(setImmediate);
      assert.equal(await passOn(stage), waitMs);
      assert.equal((await stage.next()).kind, 'descriptor');
      assert.equal(lookFor(tor), 2);
      assert.deepEqual(stage.left, []);
    });

  test('sooner when nothing has happened for a while', async () => {
    await using stage = await settled();
    assert.equal(await stage.clock.sleeping(), 60_000);
    stage.clock.pass(30_000);
    torOf(stage).send('650 CIRC 7 CLOSED PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_ESTABLISHED');
    while ((await stage.clock.sleeping()) > 150) await new Promise(setImmediate);
    assert.equal(await passOn(stage), 150);
    assert.equal((await stage.next()).kind, 'descriptor');
  });

  test('once for a burst of events, and without any after a minute', async () => {
    await using stage = await settled();
    const tor = torOf(stage);
    for (let circuit = 1; circuit <= 30; circuit += 1)
      tor.send(`650 CIRC ${circuit} CLOSED PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_CONNECTING`);
    while ((await stage.clock.sleeping()) > 500) await new Promise(setImmediate);
    await passOn(stage);
    assert.equal((await stage.next()).kind, 'descriptor');
    assert.equal(lookFor(tor), 2);
    while ((await stage.clock.sleeping()) < 60_000) await new Promise(setImmediate);
    await passOn(stage);
    assert.equal((await stage.next()).kind, 'descriptor');
    assert.equal(lookFor(tor), 3);
  });
});

describe('a connection that ends', () => {
  test('with tor is told as down at once, and made again', async () => {
    await using stage = await settled();
    torOf(stage).hangUp();
    assert.deepEqual(await kindAndWhy(stage), ['down', 'its tor has ended']);
    await passOn(stage);
    assert.equal((await stage.next()).kind, 'descriptor');
    assert.equal((await stage.next()).kind, 'up');
    assert.equal(stage.tors.length, 2);
  });

  test('with the way to the host is told as lost', async () => {
    await using stage = await settled();
    const lost = new HostError({ kind: 'unreachable', code: 'ssh-unreachable', message: 'h1: it does not answer' });
    torOf(stage).stream.destroy(lost);
    assert.deepEqual(await kindAndWhy(stage), ['lost', 'h1: it does not answer']);
    await passOn(stage);
    assert.equal((await stage.next()).kind, 'descriptor');
    assert.equal((await stage.next()).kind, 'up');
  });

  test('for want of permission says what gives it', async () => {
    await using stage = await settled();
    torOf(stage).stream.destroy(
      new HostError({
        kind: 'denied',
        code: 'host-onion-refused',
        message: 'h1: it does not let us in',
        hint: 'let us',
      }),
    );
    assert.deepEqual(await kindAndWhy(stage), ['lost', 'h1: it does not let us in: let us']);
  });

  test('and cannot be made again is tried ever more rarely, and told once', async () => {
    await using stage = await settled();
    const missing = new HostError({ kind: 'not-found', code: 'host-not-found', message: 'h1: no control socket' });
    torOf(stage).hangUp();
    assert.deepEqual(await kindAndWhy(stage), ['down', 'its tor has ended']);
    const pauses: number[] = [];
    for (let tries = 0; tries < 10; tries += 1) {
      stage.instead = missing;
      pauses.push(await passOn(stage));
      while (stage.instead !== undefined) await new Promise(setImmediate);
    }
    assert.deepEqual(await kindAndWhy(stage), ['down', 'its tor does not run: h1: no control socket']);
    assert.deepEqual(stage.left, []);
    pauses.reduce((before, pause) => {
      assert.ok(pause <= 36_000 && pause >= Math.min(24_000, before * 1.3), pauses.join());
      return pause;
    });
  });
});

describe('what is no tor’s is refused, told, and asked again only after a while', () => {
  const refuses = async (stage: HelperStage, why: RegExp): Promise<void> => {
    const heard = await stage.next();
    assert.equal(heard.kind, 'lost');
    assert.match(heard.kind === 'lost' ? heard.why : '', why);
    assert.ok((await stage.clock.sleeping()) >= 24_000);
    assert.deepEqual(stage.left, []);
  };

  test('text that is no descriptor', async () => {
    await using stage = setStage();
    stage.answer = { text: 'hs-descriptor 3\nnonsense\n' };
    await refuses(stage, /refused/);
  });

  test('a descriptor that was changed on the way', async () => {
    await using stage = setStage();
    stage.answer = { text: own.text.replace('descriptor-lifetime 180', 'descriptor-lifetime 181') };
    await refuses(stage, /signature/);
  });

  test('a descriptor cut short', async () => {
    await using stage = setStage();
    stage.answer = { text: own.text.slice(0, 4_000) };
    await refuses(stage, /refused/);
  });

  test('an expired one', async () => {
    await using stage = setStage();
    stage.clock.pass(90 * 24 * 3_600_000);
    await refuses(stage, /certificate/);
  });

  test('one that is too large', async () => {
    await using stage = setStage();
    stage.answer = { text: `${own.text}${'padding\n'.repeat(20_000)}` };
    await refuses(stage, /more than \d+ bytes/);
  });

  test('a line that does not end', async () => {
    await using stage = await settled();
    torOf(stage).sendRaw(`650 HS_DESC ${'x'.repeat(100_000)}`);
    await refuses(stage, /line of more than/);
  });

  test('bytes that are no control protocol', async () => {
    await using stage = await settled();
    torOf(stage).sendRaw('HTTP/1.1 400 Bad Request\r\n\r\n');
    await refuses(stage, /no reply line/);
  });

  test('an event that cannot be read', async () => {
    await using stage = await settled();
    torOf(stage).send('650 CIRC');
    await refuses(stage, /malformed/);
  });

  test('an event that nobody asked for', async () => {
    await using stage = await settled();
    torOf(stage).send('650 CLIENTS_SEEN TimeStarted="2026-01-10 03:00:00"');
    await refuses(stage, /nobody asked for/);
  });

  test('an answer to nothing', async () => {
    await using stage = await settled();
    torOf(stage).send('250 OK');
    await refuses(stage, /nothing was asked/);
  });
});

test('whatever a host sends, it is heard of no other way than by these words, and following goes on', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom(
      '250 OK',
      '250-',
      '250+x=',
      '.',
      '650 HS_DESC',
      '650+CIRC',
      '650 ONION_SERVICE DOWN',
      '650-',
      '551 no',
    ),
    fc.stringMatching(/^[2-6]\d\d[ +-][A-Z_]{0,12}( [!-~]{0,20}){0,4}$/),
  );
  const sent = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\r\n'));
  const property = fc.asyncProperty(sent, async (wire) => {
    await using stage = await settled();
    torOf(stage).sendRaw(`${wire}\r\n`);
    torOf(stage).hangUp();
    for (;;) {
      const heard = await stage.next();
      assert.ok(['descriptor', 'up', 'down', 'lost'].includes(heard.kind));
      if (heard.kind === 'lost' || (heard.kind === 'down' && /tor has ended/.test(heard.why))) break;
    }
    await passOn(stage);
    while ((await stage.next()).kind !== 'up');
  });
  await fc.assert(property, { seed: 20_260, numRuns: 200 });
});

describe('the service behind', () => {
  test('is waited for: a descriptor alone is not up', async () => {
    await using stage = setStage(80);
    assert.equal((await stage.next()).kind, 'descriptor');
    await stage.clock.sleeping();
    assert.deepEqual(stage.left, []);
    torOf(stage).send('650 ONION_SERVICE UNKNOWN');
    assert.equal((await stage.next()).kind, 'up');
  });

  test('takes the worker down while it takes no connections, and says which it is', async () => {
    await using stage = await settled(80);
    torOf(stage).send('650 ONION_SERVICE DOWN TARGET="127.0.0.1:8080" WHY="Connection refused"');
    assert.deepEqual(await kindAndWhy(stage), [
      'down',
      'the service behind it, 127.0.0.1:8080, takes no connections: Connection refused',
    ]);
    torOf(stage).send('650 ONION_SERVICE UP TARGET="127.0.0.1:8080"');
    assert.equal((await stage.next()).kind, 'up');
  });

  test('cannot smuggle control characters into what people read', async () => {
    await using stage = await settled(80);
    torOf(stage).send('650 ONION_SERVICE DOWN TARGET="a\u001b[31mb" WHY="x"');
    assert.match((await kindAndWhy(stage))[1], /^the service behind it, a\?\[31mb, /);
  });
});

test('a host that accepts and says nothing is given up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [silent] = duplexPair();
  await using stage = setStage(undefined, silent);
  await new Promise(setImmediate);
  t.mock.timers.tick(10_000);
  assert.deepEqual(await kindAndWhy(stage), ['down', 'its tor does not answer']);
});

test('following ends when it is told to, whatever it waits for', async () => {
  const connected = await settled();
  await connected[Symbol.asyncDispose]();
  const pausing = setStage(undefined, new Error('nothing there'));
  await pausing.clock.sleeping();
  await pausing[Symbol.asyncDispose]();
  assert.ok(connected.tors.every(({ stream }) => stream.destroyed));
});
