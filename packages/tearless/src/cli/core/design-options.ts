// What `experiment design` was asked for, checked: from option texts to wishes. Pure apart from the seed that is drawn.
import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { parseArms } from '../../experiments/design/arms.ts';
import type { DesignWishes } from '../../experiments/design/design-experiment.ts';
import { type TemplateName, templates } from '../../experiments/outcomes/templates.ts';
import { usageError } from './cli-error.ts';
import type { OptionSpec, OptionValues } from './command.ts';

export const designOptions = {
  arms: {
    type: 'string',
    value: 'ARMS',
    summary: 'what to compare: allocators, or NAME=ALLOCATOR+OPTION:VALUE+restart:24h; separated by commas',
  },
  control: { type: 'string', value: 'ARM', summary: 'the arm that others are compared with; glibc, else the first' },
  template: {
    type: 'string',
    value: 'NAME',
    summary: 'arms and outcomes made ready: live-update-against-restart',
    complete: ['live-update-against-restart'],
  },
  select: {
    type: 'string',
    value: 'SELECTOR',
    summary: 'relays that may take part; all by default',
    complete: 'selector',
  },
  'relays-per-arm': { type: 'string', value: 'N', summary: 'relays an arm; as many as there are by default' },
  effect: { type: 'string', value: 'PERCENT', summary: 'difference from control that it shall find; 10% by default' },
  power: { type: 'string', value: 'CHANCE', summary: 'chance to find it; 0.8 by default' },
  days: { type: 'string', value: 'N', summary: 'how long it shall run; 14 by default' },
  seed: { type: 'string', value: 'TEXT', summary: 'draws the assignment; drawn anew by default' },
  every: { type: 'string', value: 'TIME', summary: 'how often it shall be sampled; 5m by default' },
  before: {
    type: 'string',
    value: 'EXPERIMENT',
    summary: 'collected samples to read the time before from; else the fleet’s own, else one reading',
    complete: 'experiment',
  },
  title: { type: 'string', value: 'TEXT', summary: 'for reports; its name by default' },
  hypothesis: { type: 'string', value: 'TEXT', summary: 'what it shall find out, for reports' },
  replace: { type: 'boolean', summary: 'design it anew where it is written down and has not begun' },
  'dry-run': { type: 'boolean', summary: 'write nothing' },
} as const satisfies Record<string, OptionSpec>;

export type DesignOptionValues = OptionValues<typeof designOptions>;

const readCount = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw usageError(`--${name} ${text} is no whole number`, `such as --${name} 14`);
  return Number(text);
};

const readFraction = (name: string, text: string, example: string): number => {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? [];
  const value = Number(digits) / (percent === '%' ? 100 : 1);
  if (digits === undefined || !(value > 0) || value >= 1)
    throw usageError(`--${name} ${text} is not between 0 and 100 %`, `such as --${name} ${example}`);
  return value;
};

const readTemplate = (name: string | undefined): TemplateName | undefined => {
  if (name === undefined || Object.hasOwn(templates, name)) return name as TemplateName | undefined;
  throw usageError(`there is no template '${name}'`, `one of ${Object.keys(templates).join(', ')}`);
};

/**
 * @throws CliError `cli-usage`; DesignError `experiment-arms`
 */
export const readDesignWishes = (
  name: string,
  options: DesignOptionValues,
  config: Config,
  nowMs: number,
): DesignWishes => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    throw usageError(`'${name}' cannot be the name of an experiment`, 'letters, digits, and . _ - inside');
  const template = readTemplate(options.template);
  const ready = template === undefined ? undefined : templates[template];
  if (options.arms === undefined && ready === undefined)
    throw usageError('what shall be compared is not said', "such as --arms 'glibc,mimalloc,jemalloc', or --template");
  if (options.every !== undefined && !/^\d+(s|m|h)$/.test(options.every))
    throw usageError(`--every ${options.every} is no time`, 'such as --every 5m');
  const arms =
    options.arms === undefined
      ? (ready?.arms ?? {})
      : parseArms(options.arms, ['glibc', ...Object.keys(config.allocators ?? {})]);
  const names = Object.keys(arms);
  const usual = ready !== undefined && options.arms === undefined ? ready.control : undefined;
  const control = options.control ?? usual ?? (names.includes('glibc') ? 'glibc' : (names[0] ?? ''));
  const relaysPerArm = readCount('relays-per-arm', options['relays-per-arm']);
  const title = options.title ?? ready?.title;
  const hypothesis = options.hypothesis ?? ready?.hypothesis;
  return {
    name,
    arms,
    control,
    seed: options.seed ?? randomBytes(8).toString('hex'),
    every: options.every ?? '5m',
    days: readCount('days', options.days) ?? 14,
    effect: readFraction('effect', options.effect ?? '10%', '10%'),
    power: readFraction('power', options.power ?? '0.8', '0.8'),
    designedMs: nowMs,
    ...(relaysPerArm === undefined ? {} : { relaysPerArm }),
    ...(title === undefined ? {} : { title }),
    ...(hypothesis === undefined ? {} : { hypothesis }),
    ...(template === undefined ? {} : { template }),
  };
};
