// A picture for tests, made by formula: arms of different memory, one with relays left out, one that joined late, one that
// restarts. The figures are plausible and nothing else; nobody measured them.
import type {
  ArmEstimate,
  ArmFigures,
  ArmTimeline,
  ExperimentPicture,
  RelayDot,
  ReportArm,
  VersusControl,
} from '../experiment-report.ts';

export interface SampleSize {
  readonly relaysPerArm: number;
  readonly bins: number;
  readonly arms: number;
}

const small: SampleSize = { relaysPerArm: 10, bins: 60, arms: 4 };
const startMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const days = 14;
const iso = (ms: number): string => new Date(ms).toISOString();

const names = ['control', 'jemalloc 5.3.0', 'restart-48h', 'mimalloc 2.1.2'];
const armId = (index: number): string => (index === 0 ? 'Z' : `G${index}`);
const armMean = (index: number): number => 6e9 / (1 + index * 0.8);

/** Between −1 and 1, the same every time, without any order that the eye would see. */
const wobble = (seed: number): number => {
  const value = Math.sin(seed * 12.9898) * 43_758.5453;
  return 2 * (value - Math.floor(value)) - 1;
};

const estimate = (mean: number, half: number): ArmEstimate => ({ mean, low: mean - half, high: mean + half });

const versus = (index: number, toControl: number, fromMs: number): VersusControl => ({
  ratio: { mean: toControl, low: toControl * 0.96, high: toControl * 1.05 },
  difference: estimate(armMean(index) - armMean(0), 2e8),
  adjustedP: index === 2 ? 0.214 : 0.0004,
  window: { from: iso(fromMs), to: iso(startMs + days * dayMs) },
});

/** @returns a picture that is the same every time */
export const samplePicture = (size: Partial<SampleSize> = {}): ExperimentPicture => {
  const { relaysPerArm, bins, arms } = { ...small, ...size };
  const dots: RelayDot[] = [];
  const reportArms: ReportArm[] = [];
  const timelines: ArmTimeline[] = [];
  for (let index = 0; index < arms; index++) {
    const mean = armMean(index);
    const late = index === arms - 1;
    const leftOut = index === 1 ? Math.min(3, relaysPerArm) : 0;
    const own = Array.from({ length: relaysPerArm }, (_, number): RelayDot => {
      const excluded = number < leftOut;
      return {
        relay: `tulip${index}x${number}`,
        arm: armId(index),
        meanBytes: excluded ? mean * (0.2 + 0.01 * number) : mean * (1 + 0.04 * wobble(index * 100 + number)),
        slopeBytesPerDay: 4e7 * (1 + wobble(index * 177 + number)),
        ...(excluded ? { excluded: 'carry-over' } : {}),
      };
    });
    dots.push(...own);
    const figures = (relays: number, shrink: number): ArmFigures => ({
      relays,
      rssBytes: {
        ...estimate(mean * shrink, mean * 0.03),
        ...(late ? { bootstrapT: { low: mean * 0.96, high: mean * 1.04 } } : {}),
      },
      slopeBytesPerDay: estimate(4e7, 6e6),
      versusControl: index === 0 ? null : versus(index, (mean * shrink) / armMean(0), startMs + (late ? 4 : 2) * dayMs),
      restarts: index === 2 ? relaysPerArm * 6 : 0,
    });
    reportArms.push({
      id: armId(index),
      name: names[index] ?? `setting ${index}`,
      asAssigned: figures(relaysPerArm, leftOut === 0 ? 1 : 0.8),
      clean: figures(relaysPerArm - leftOut, 1),
      exclusions: own
        .filter(({ excluded }) => excluded !== undefined)
        .map(({ relay }) => ({
          relay,
          code: 'carry-over',
          cause: `no V2Dir flag on ${relay} while the rest of the arm has it`,
        })),
      limitations: late ? ['Joined on 2026-01-04: younger than the others.'] : [],
      ...(index === 0
        ? {}
        : {
            guardrails: [
              { name: 'bandwidth', broken: false, adjustedP: 0.7, message: 'bandwidth is 1.01 of control’s' },
              {
                name: 'flag HSDir',
                broken: index === 2,
                adjustedP: index === 2 ? 0.0001 : 1,
                message: `${index === 2 ? 10 : 0} of 10 relays lack the flag HSDir`,
              },
            ],
          }),
    });
    const atMs = Array.from({ length: bins }, (_, bin) => startMs + ((bin + 0.5) / bins) * days * dayMs);
    const means = atMs.map((ms, bin) => {
      const age = (index === 2 ? (ms - startMs) % (2 * dayMs) : ms - startMs) / dayMs;
      return mean * (1 - 0.6 * Math.exp(-age * 3)) * (1 + 0.01 * wobble(bin + index));
    });
    timelines.push({
      arm: armId(index),
      atMs,
      meanBytes: means,
      lowBytes: means.map((value) => value * 0.97),
      highBytes: means.map((value) => value * 1.03),
      restartsMs: index === 2 ? Array.from({ length: 6 }, (_, number) => startMs + (number + 1) * 2 * dayMs) : [],
    });
  }
  return {
    report: {
      schema: 'tearless.experiment-report/v1',
      experiment: 'tulips',
      title: 'Tulips on other allocators',
      window: { from: iso(startMs + 2 * dayMs), to: iso(startMs + days * dayMs), how: 'It starts after warm-up.' },
      control: 'Z',
      seed: 'tulips-1',
      arms: reportArms,
      verdict: {
        wording: 'association',
        best: 'G1',
        sentences: ['jemalloc 5.3.0 goes with the least memory.', 'No method covers a rare contamination.'],
      },
    },
    hypothesis: 'Another allocator takes less memory.',
    findings: [
      {
        code: 'not-randomised',
        kind: 'inference',
        severity: 'warning',
        relays: [],
        message: 'Arms are blocks of nicknames.',
      },
      {
        code: 'carry-over',
        kind: 'inference',
        severity: 'warning',
        arm: 'G1',
        relays: ['tulip1x0', 'tulip1x1', 'tulip1x2'],
        message: 'tulip1x0 and two more lack V2Dir.',
      },
      {
        code: 'gap',
        kind: 'fact',
        severity: 'warning',
        relays: [],
        message: 'Nothing was sampled on greenhouse for a day.',
      },
      {
        code: 'treatment-unproven',
        kind: 'method',
        severity: 'info',
        relays: [],
        message: 'No sample proves its allocator.',
      },
    ],
    timelines,
    dots,
    names: {
      relays: dots.map(({ relay }, index) => ({
        relay,
        nickname: relay,
        fingerprint: index.toString(16).toUpperCase().padStart(40, 'A'),
      })),
      hosts: ['greenhouse'],
    },
    data: {
      relays: dots.length,
      samples: dots.length * bins,
      fromMs: startMs,
      toMs: startMs + days * dayMs,
      sources: [{ name: 'memory_measurements.csv', sha256: '5e'.repeat(32), rows: dots.length * bins + 1 }],
    },
    method: [
      'The unit is the relay.',
      'p values by permutation, step-down max-t over arms (Westfall and Young, 1993).',
    ],
    reproduce: ['tearless experiment import tulips', 'tearless experiment report tulips --seed tulips-1'],
  };
};
