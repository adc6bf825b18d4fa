import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { histogramSamples, renderExposition } from './exposition.ts';

suite('the text format', () => {
  test('escapes labels and help, and leaves out families without samples', () => {
    const text = renderExposition([
      { name: 'empty', type: 'gauge', help: 'none', samples: [] },
      {
        name: 'a_total',
        type: 'counter',
        help: 'first\nsecond \\ "third"',
        samples: [
          { labels: { path: 'C:\\"x"\ny', other: '1' }, value: 1.5 },
          { value: Number.POSITIVE_INFINITY },
          { value: Number.NaN },
        ],
      },
    ]);
    assert.equal(
      text,
      `# HELP a_total first\\nsecond \\\\ "third"
# TYPE a_total counter
a_total{path="C:\\\\\\"x\\"\\ny",other="1"} 1.5
a_total +Inf
a_total NaN
`,
    );
  });

  test('has buckets of a histogram that hold those below, too', () => {
    const samples = histogramSamples([1, 2], [3, 0, 4], 20);
    assert.equal(
      renderExposition([{ name: 'h', type: 'histogram', help: 'x', samples }]),
      `# HELP h x
# TYPE h histogram
h_bucket{le="1"} 3
h_bucket{le="2"} 3
h_bucket{le="+Inf"} 7
h_sum 20
h_count 7
`,
    );
  });
});
