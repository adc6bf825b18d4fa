// What looks as it did to who compares bytes and names, and is another thing: each is taken up, and runs as a program that begins with it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Builds, OwnProgram } from '../link/testing/own-program.ts';
import type { Sources } from '../testing/compile.ts';
import { compareBuilds } from './compare-builds.ts';
import { decideVerdict } from './verdict.ts';

interface Change {
  readonly former: string;
  readonly next: string;
  /** Further files of the next build. */
  readonly nextOthers?: Sources;
  /** What it was asked before the update. */
  readonly before?: number;
  readonly asked: number;
  /** What the former and the next answer. */
  readonly answers: readonly [former: number, next: number];
}

const requireTakenUp = async ({ former, next, nextOthers, before, asked, answers }: Change): Promise<void> => {
  using builds = new Builds();
  const [from, to] = [builds.build(former), builds.build(next, [], nextOthers)];
  const { verdict, reasons } = decideVerdict(compareBuilds(from.side, to.side));
  assert.equal(verdict, 'code-only', JSON.stringify(reasons));
  await using updated = await OwnProgram.start(from);
  await using restarted = await OwnProgram.start(to);
  if (before !== undefined) for (const program of [updated, restarted]) await program.run(before);
  const update = updated.link(from, to);
  if (before === undefined) assert.equal(await updated.run(asked), answers[0]);
  await updated.apply(update);
  assert.deepEqual([await updated.run(asked), await restarted.run(asked)], [answers[1], answers[1]]);
};

const alone = '__attribute__((noinline))';

describe('an update takes up', () => {
  it('what a program has itself by a name that it asked libraries for', () => {
    const source = `long perhaps(long) __attribute__((weak));
${alone} long ask(long n) { return perhaps ? perhaps(n) : 1; }
long work(long n) { return ask(n); }
`;
    const nextOthers = { 'own.c': 'long perhaps(long n) { return n * 100; }\n' };
    return requireTakenUp({ former: source, next: source, nextOthers, asked: 3, answers: [1, 300] });
  });

  for (const changed of ['first', 'second'])
    it(`constants that lead to one another, of which the ${changed} has changed`, () => {
      const source = (first: number, second: number): string => `struct kept { const struct kept *other; long n; };
static const struct kept two;
static const struct kept one = { &two, ${first} }, two = { &one, ${second} };
${alone} long left(void) { const struct kept *at = &one; asm("" : "+r"(at)); return at->other->n; }
${alone} long right(void) { const struct kept *at = &two; asm("" : "+r"(at)); return at->other->n; }
long work(long n) { return left() * 10 + right() + n; }
`;
      const next = changed === 'first' ? source(5, 2) : source(1, 6);
      const answer = changed === 'first' ? 25 : 61;
      return requireTakenUp({ former: source(1, 2), next, asked: 0, answers: [21, answer] });
    });

  for (const [letter, prefix] of [
    ['unsigned short', 'u'],
    ['unsigned', 'U'],
  ])
    it(`a text of letters that are wide (${prefix}"")`, () => {
      const source = (
        text: string,
      ): string => `${alone} const ${letter} *text(long n) { return n ? ${prefix}"${text}" : ${prefix}"x"; }
long work(long n) { return text(n)[1]; }
`;
      return requireTakenUp({ former: source('ab'), next: source('ac'), asked: 1, answers: [98, 99] });
    });

  for (const isWritten of [false, true])
    it(`labels that ${isWritten ? 'variables' : 'constants'} hold, of a function that has changed`, () => {
      const source = (factor: number): string => `long work(long n) {
  static void *labels[] = { &&add, &&multiply, &&done };
  static int turn;
  ${isWritten ? 'if (n == 99) labels[0] = labels[1];' : ''}
  long all = 1;
  goto *labels[turn++ % 3];
add: all += n;
multiply: all *= ${factor};
done: return all;
}
`;
      return requireTakenUp({ former: source(4), next: source(5), before: 7, asked: 3, answers: [4, 5] });
    });

  it('a variable that has become a constant, where a rule says that nobody holds the former', async () => {
    const source = (sort: string): string => `${sort} long steps[] = { 3, 5, 7 };
${alone} long step(long n) { return steps[n % 3]; }
long work(long n) { return step(n); }
`;
    using builds = new Builds();
    const [from, to] = [builds.build(source('')), builds.build(source('const').replace('5,', '50,'))];
    const rules = 'schema: tearless.live-rules/v1\nanew: [steps]\n';
    await using program = await OwnProgram.start(from);
    assert.equal(await program.run(1), 5);
    await program.apply(program.link(from, to, rules));
    assert.equal(await program.run(1), 50);
  });
});
