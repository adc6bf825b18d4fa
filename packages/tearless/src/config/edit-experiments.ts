// Changes to the experiments of tearless.yaml that leave everything else as a person wrote it. Pure.
import type { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse.ts';
import type { ExperimentConfig } from './schema.ts';
import { addEntry, isWrittenInBraces, readSection, removeKey, renderFlow, setKey } from './splice.ts';

/** As written: `every: 5m`, not milliseconds. */
export type ExperimentText = z.input<typeof ExperimentConfig>;

const blocksComment = '# drawn with the seed; once they are changed by hand, the assignment is no longer random';

/** One key a line, one arm a line, one block a line. */
export const renderExperiment = (name: string, experiment: ExperimentText): string[] => {
  const { arms, blocks, control, title, hypothesis, template, ...rest } = experiment;
  const line = (key: string, value: unknown): string[] =>
    value === undefined ? [] : [`  ${key}: ${renderFlow(value)}`];
  return [
    `${renderFlow(name)}:`,
    ...line('title', title),
    ...line('hypothesis', hypothesis),
    ...line('template', template),
    ...line('control', control),
    '  arms:',
    ...Object.entries(arms).map(([arm, treatment]) => `    ${renderFlow(arm)}: ${renderFlow(treatment)}`),
    `  blocks: ${blocksComment}`,
    ...blocks.map((block) => `    - ${renderFlow(block)}`),
    ...Object.entries(rest).flatMap(([key, value]) => line(key, value)),
  ];
};

const refuse = (path: string, code: string, message: string, suggestion: string): never => {
  throw new ConfigError(path, [{ code, message, line: 1, column: 1, suggestion }]);
};

const findExperiment = (text: string, path: string, name: string): ExperimentConfig | undefined =>
  parseConfig(text, path).experiments?.[name];

/** @throws ConfigError when the edit would make the configuration wrong */
const checked = (text: string, path: string): string => {
  parseConfig(text, path);
  return text;
};

/**
 * Writes an experiment down.
 * @param replace also over one of that name that has not begun
 * @throws ConfigError `config-experiment-exists`, `config-experiment-begun`
 */
export const declareExperiment = (
  text: string,
  path: string,
  name: string,
  experiment: ExperimentText,
  replace = false,
): string => {
  const standing = findExperiment(text, path, name);
  if (standing !== undefined && !replace)
    refuse(
      path,
      'config-experiment-exists',
      `experiment '${name}' is there already`,
      'choose another name, or --replace',
    );
  if (standing?.starting !== undefined || standing?.started !== undefined)
    refuse(path, 'config-experiment-begun', `experiment '${name}' has begun`, 'design another under its own name');
  const without = standing === undefined ? text : removeKey(text, ['experiments'], name);
  if (!isWrittenInBraces(without))
    return checked(addEntry(without, 'experiments', renderExperiment(name, experiment)), path);
  const hasSection = readSection(without, 'experiments') !== undefined;
  return checked(
    hasSection
      ? setKey(without, ['experiments'], name, experiment)
      : setKey(without, [], 'experiments', { [name]: experiment }),
    path,
  );
};

/**
 * Writes down when an experiment began, ran in full or ended; an instant that stands there stays.
 * @throws ConfigError `config-unknown-experiment`
 */
export const stampExperiment = (
  text: string,
  path: string,
  name: string,
  stage: 'starting' | 'started' | 'concluded',
  atMs: number,
): string => {
  const standing =
    findExperiment(text, path, name) ??
    refuse(path, 'config-unknown-experiment', `there is no experiment '${name}'`, 'design it first');
  if (standing[stage] !== undefined) return text;
  const instant = `${new Date(atMs).toISOString().slice(0, 19)}Z`;
  return checked(setKey(text, ['experiments', name], stage, instant), path);
};

/** Takes an instant back: what it stands for was undone. */
export const unstampExperiment = (
  text: string,
  path: string,
  name: string,
  stage: 'starting' | 'started' | 'concluded',
): string => checked(removeKey(text, ['experiments', name], stage), path);

/** Takes an experiment out; the section goes with the last one. */
export const undeclareExperiment = (text: string, path: string, name: string): string => {
  const without = removeKey(text, ['experiments'], name);
  const section = readSection(without, 'experiments');
  return checked(section?.trim() === 'experiments: {}' ? removeKey(without, [], 'experiments') : without, path);
};
