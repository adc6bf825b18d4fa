// An error as people and programs see it: what failed, where, why (the cause chain), what to do.
import { causeChain, isDescribedError } from '../../base/error.ts';
import { describeFailure } from '../../change/change-error.ts';
import { ConfigError } from '../../config/config-error.ts';
import { renderSaid } from './render/said-lines.ts';
import type { Style } from './style.ts';

/** The JSON object of a failed command. */
export const describeErrorAsJson = (error: unknown) => ({
  error: {
    code: isDescribedError(error) ? error.code : 'bug',
    kind: isDescribedError(error) ? error.kind : 'bug',
    message: error instanceof Error ? error.message : String(error),
    hint: isDescribedError(error) ? (error.hint ?? null) : 'please report this with the command that led here',
    subject: isDescribedError(error) ? (error.subject ?? null) : null,
    causes: causeChain(error).slice(1),
    /** The last lines of the remote command that failed. */
    lines: [...(describeFailure(error).lines ?? [])],
    /** Of a configuration: each with its line and column, from 1. */
    ...(error instanceof ConfigError ? { path: error.path, problems: [...error.problems] } : {}),
  },
});

/** Lines for a terminal; a stack only for what is a bug. */
export const renderError = (error: unknown, style: Style): string[] => {
  const { error: described } = describeErrorAsJson(error);
  const [message = '', ...more] = described.message.split('\n');
  const lines = [`${style.bad('error')} ${style.dim(described.code)}: ${message}`, ...more.map((line) => `  ${line}`)];
  for (const [at, cause] of described.causes.entries()) {
    // Many say in their own words what they pass on: once is enough.
    if ([described.message, ...described.causes.slice(0, at)].some((said) => said.includes(cause))) continue;
    const [head = '', ...tail] = cause.split('\n');
    lines.push(`  ${style.dim('because')} ${head}`, ...tail.map((line) => `    ${line}`));
  }
  const messages = [described.message, ...described.causes].join('\n');
  lines.push(...renderSaid(messages, described.lines).map((line) => `  ${style.dim(line)}`));
  if (described.hint !== null) lines.push(`  ${style.accent('do')} ${described.hint}`);
  if (described.kind === 'bug' && error instanceof Error && error.stack !== undefined)
    lines.push(
      ...error.stack
        .split('\n')
        .slice(1)
        .map((line) => style.dim(line)),
    );
  return lines;
};
