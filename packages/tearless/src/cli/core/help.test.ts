// Help fits the terminal that it is read on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineCommand } from './command.ts';
import { renderCommandHelp } from './help.ts';
import { createStyle } from './style.ts';

const command = defineCommand({
  summary: 'do a thing',
  details:
    'A sentence that was broken where a wide terminal ends, so that it goes on in the line that follows without any\nreason of its own. Another.\nA line that begins anew.',
  examples: [
    ['tearless thing do --with everything --that there-is', 'an example that is longer than half of the line it has'],
  ],
  options: {
    with: { type: 'string', value: 'WHAT', summary: 'what it is done with; everything that there is by default' },
  },
  run: async () => 0,
});

const helpAt = (width: number): string[] => renderCommandHelp('thing do', command, createStyle(false), width);

describe('the help of a command', () => {
  it('has no line that is longer than the terminal is wide', () => {
    for (const width of [60, 80, 110]) {
      const long = helpAt(width).filter((line) => line.length > width);
      assert.deepEqual(long, [], `at ${width}`);
    }
  });

  it('breaks sentences anew where they do not fit, and keeps lines that begin anew', () => {
    const lines = helpAt(70);
    assert.ok(!lines.includes('  reason of its own. Another.'), lines.join('\n'));
    assert.ok(lines.includes('  A line that begins anew.'));
    assert.ok(helpAt(120).includes('  reason of its own. Another.'));
  });

  it('puts an example above its words where both do not fit side by side', () => {
    const lines = helpAt(80);
    const at = lines.indexOf('  tearless thing do --with everything --that there-is');
    assert.equal(lines[at + 1], '      an example that is longer than half of the line it has');
    assert.ok(helpAt(110).some((line) => /there-is {2}an example/.test(line)));
  });
});
