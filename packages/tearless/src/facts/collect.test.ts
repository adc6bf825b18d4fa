import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallOptions, Host } from '../host/host.ts';
import { readFacts } from './collect.ts';
import { FactsError } from './error.ts';
import type { Section } from './section.ts';
import { readRecording, renderOutput } from './testing/recordings.ts';

type Answer = (nonce: string) => Uint8Array;

/** A host that answers `facts` from a list, one answer a call, and has nothing else. */
const hostOf = (answers: readonly Answer[], stderr = '') => {
  const calls: { readonly verb: string; readonly options: CallOptions }[] = [];
  const host = {
    name: 'alpha',
    call: async (verb: string, options: CallOptions = {}) => {
      const answer = answers[calls.length];
      calls.push({ verb, options });
      assert.ok(answer, 'asked more often than expected');
      return { exitCode: 0, stdout: answer(options.args?.[0] ?? ''), stderr };
    },
  } as unknown as Host;
  return { host, calls };
};

const recorded = readRecording('debian-12');
const whole: Answer = (nonce) => renderOutput(recorded, nonce);
const changed: Answer = (nonce) =>
  renderOutput(new Map(recorded).set('elf-heads', { name: 'elf-heads', bytes: Buffer.from(''), exitCode: 0 }), nonce);
const withSection =
  (section: Section): Answer =>
  (nonce) =>
    renderOutput(new Map(recorded).set(section.name, section), nonce);

describe('reading the facts of a host', () => {
  it('takes one call, with a nonce of its own each time', async () => {
    const { host, calls } = hostOf([whole, whole]);
    const facts = await readFacts(host);
    assert.equal(facts.host, 'alpha');
    assert.equal(facts.instances.length, 7);
    assert.equal(calls.length, 1);
    await readFacts(host, { libraries: ['/srv/libx.so'] });
    const [first, second] = calls.map((call) => call.options.args);
    assert.match(first?.[0] ?? '', /^[0-9a-f]{32}$/);
    assert.notEqual(first?.[0], second?.[0]);
    assert.deepEqual([first?.slice(1), second?.slice(1)], [[], ['/srv/libx.so']]);
  });

  it('reads again, once, when the host changed meanwhile', async () => {
    const { host, calls } = hostOf([changed, whole]);
    assert.equal((await readFacts(host)).instances.length, 7);
    assert.equal(calls.length, 2);
    await assert.rejects(readFacts(hostOf([changed, changed]).host), {
      code: 'facts-changed-while-read',
      retryable: true,
    });
  });

  it('names the host, the fact and the line that cannot be understood, and asks no second time', async () => {
    const { host, calls } = hostOf([withSection({ name: 'kernel', bytes: Buffer.from('?\n'), exitCode: 0 })]);
    await assert.rejects(readFacts(host), {
      name: 'FactsError',
      kind: 'protocol',
      place: 'host',
      code: 'facts-unreadable',
      subject: 'alpha',
      message: 'fact kernel of host alpha, line 1: expected one line RELEASE MACHINE, found "?"',
    });
    assert.equal(calls.length, 1);
  });

  it('repeats what the host said when a command failed', async () => {
    const { host } = hostOf(
      [withSection({ name: 'units', bytes: Buffer.from(''), exitCode: 1 })],
      'a\nCannot connect to bus\n',
    );
    await assert.rejects(
      readFacts(host),
      (error) =>
        error instanceof FactsError && error.message.endsWith('exit code 1\nThe host said:\na\nCannot connect to bus'),
    );
  });

  it('refuses an answer that was cut short', async () => {
    const { host } = hostOf([(nonce) => whole(nonce).subarray(0, 40_000)]);
    await assert.rejects(readFacts(host), /of host alpha: the output ends in the middle of the section/);
  });
});
