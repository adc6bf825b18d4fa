// Prometheus's text format 0.0.4. Written out rather than taken from a library: those keep their own registry of counters,
// while here all figures follow from one observation at the moment somebody asks; what remains is this text.

export interface Sample {
  /** Appended to the family's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Made while they are rendered: a thousand services have twenty thousand. */
  readonly samples: Iterable<Sample>;
}

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

const renderValue = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
};

const renderLabels = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const renderSample = (name: string, { suffix = '', labels = {}, value }: Sample): string =>
  `${name}${suffix}${renderLabels(labels)} ${renderValue(value)}`;

/** Families without samples are left out. */
export const renderExposition = (families: readonly MetricFamily[]): string => families.map(renderFamily).join('');

const renderFamily = ({ name, type, help, samples }: MetricFamily): string => {
  const lines = Array.from(samples, (sample) => renderSample(name, sample));
  if (lines.length === 0) return '';
  return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
};

/**
 * The samples of a histogram.
 *
 * @param bounds upper bounds, ascending
 * @param counts one for each bound, and one for what is above all
 */
export const histogramSamples = (bounds: readonly number[], counts: readonly number[], sum: number): Sample[] => {
  let below = 0;
  const buckets = counts.map((count, index) => {
    below += count;
    return { suffix: '_bucket', labels: { le: renderValue(bounds[index] ?? Infinity) }, value: below };
  });
  return [...buckets, { suffix: '_sum', value: sum }, { suffix: '_count', value: below }];
};
