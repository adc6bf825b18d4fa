import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseCirc } from '@tearless/tor/control/event/circ.ts';
import { parseStream } from '@tearless/tor/control/event/stream.ts';
import { CircuitLog } from './circuit-log.ts';

const f = (digit: string) => digit.repeat(40);
const message = (text: string) => ({ lines: [{ code: 650, text }] as const, async: true });
const circ = (text: string) => parseCirc({ name: 'CIRC', text, message: message(`CIRC ${text}`) });
const stream = (text: string) => parseStream({ name: 'STREAM', text, message: message(`STREAM ${text}`) });
const never = AbortSignal.timeout(120_000);

suite('circuit log', () => {
  test('the path of a circuit grows, and stays known after its end', () => {
    const log = new CircuitLog();
    log.take(circ('7 LAUNCHED PURPOSE=GENERAL'), 10);
    assert.deepEqual(log.circuit('7')?.path, []);
    log.take(circ(`7 EXTENDED $${f('A')}~a PURPOSE=GENERAL`), 20);
    log.take(circ(`7 BUILT $${f('A')}~a,$${f('B')}~b PURPOSE=GENERAL`), 30);
    log.take(
      circ(`7 CLOSED $${f('A')}~a,$${f('B')}~b PURPOSE=GENERAL REASON=DESTROYED REMOTE_REASON=CHANNEL_CLOSED`),
      40,
    );
    assert.deepEqual(log.circuit('7'), {
      id: '7',
      path: [f('A'), f('B')],
      purpose: 'GENERAL',
      status: 'CLOSED',
      endedMs: 40,
      reason: 'DESTROYED/CHANNEL_CLOSED',
    });
  });

  test('a stream is found by its SOCKS user name and remembers its circuit after it is detached', () => {
    const log = new CircuitLog();
    log.take(stream('3 NEW 0 10.0.0.1:80 SOCKS_USERNAME="r1.1" PURPOSE=USER'), 10);
    assert.deepEqual(log.stream('r1.1'), { id: '3', status: 'NEW', circuitId: undefined });
    log.take(stream('3 SENTCONNECT 7 10.0.0.1:80 SOCKS_USERNAME="r1.1"'), 20);
    log.take(stream('3 DETACHED 0 10.0.0.1:80 REASON=TIMEOUT SOCKS_USERNAME="r1.1"'), 30);
    assert.deepEqual(log.stream('r1.1'), { id: '3', status: 'DETACHED', circuitId: '7', reason: 'TIMEOUT' });
  });

  test('a wait ends with the event that brings what is waited for', async () => {
    const log = new CircuitLog();
    const built = log.wait(() => (log.circuit('7')?.status === 'BUILT' ? 'built' : undefined), never);
    log.take(circ('7 LAUNCHED PURPOSE=GENERAL'), 10);
    log.take(circ(`7 BUILT $${f('A')}~a PURPOSE=GENERAL`), 20);
    assert.equal(await built, 'built');
  });

  test('a wait ends with the reason of its abort', async () => {
    const controller = new AbortController();
    const waited = new CircuitLog().wait(() => undefined, controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(waited, /enough/);
  });

  test('circuits that ended are found by purpose and time, until they are forgotten', () => {
    const log = new CircuitLog();
    log.take(circ(`1 CLOSED $${f('A')}~a PURPOSE=HS_SERVICE_REND REASON=FINISHED`), 10);
    log.take(circ(`2 CLOSED $${f('A')}~a PURPOSE=HS_SERVICE_REND REASON=FINISHED`), 20);
    log.take(circ(`3 CLOSED $${f('A')}~a PURPOSE=GENERAL REASON=FINISHED`), 20);
    log.take(circ(`4 BUILT $${f('A')}~a PURPOSE=HS_SERVICE_REND`), 20);
    const ids = () => log.endedBetween('HS_SERVICE_REND', 0, 100).map(({ id }) => id);
    assert.deepEqual(ids(), ['1', '2']);
    log.forgetBefore(15);
    assert.deepEqual(ids(), ['2']);
    assert.equal(log.circuit('4')?.status, 'BUILT');
  });
});
