// Spans of time as systemd and people write them: `24h`, `1d 12h`, `5min`, `300` (systemd.time(7)).

const seconds: Readonly<Record<string, number>> = {
  us: 1e-6,
  usec: 1e-6,
  ms: 1e-3,
  msec: 1e-3,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
  w: 604_800,
  week: 604_800,
  weeks: 604_800,
};

/** Seconds; undefined for what is no span. A number alone counts seconds. */
export const parseSpan = (text: string): number | undefined => {
  const words = text.trim();
  if (!/^(\d+(\.\d+)?\s*[a-z]*\s*)+$/.test(words)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of words.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)) {
    const factor = unit === '' ? 1 : seconds[unit];
    if (factor === undefined) return undefined;
    total += Number(count) * factor;
  }
  return total;
};
