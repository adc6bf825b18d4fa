// Findings and hosts that did not answer, as people read them: what is wrong and what mends it.
import type { DescribedError } from '../../../base/error.ts';
import type { Finding } from '../../../relays/drift.ts';
import type { Style } from '../style.ts';

export const renderFinding = ({ code, severity, subject, message, hint }: Finding, style: Style): string[] => [
  `${severity === 'warning' ? style.warn('warning') : style.dim('note')} ${style.dim(code)} ${style.strong(subject)}: ${message}`,
  ...(hint === '' ? [] : [`  ${style.accent('do')} ${hint}`]),
];

/** More of one kind than this are counted: what mends one mends the others. */
const shownOfAKind = 3;

/** Findings by kind, in the order in which kinds first appear. Hosts without an answer are shown by themselves. */
export const renderFindings = (findings: readonly Finding[], style: Style): string[] =>
  [...Map.groupBy(findings, ({ code }) => code)]
    .filter(([code]) => code !== 'relays-unreachable')
    .flatMap(([code, alike]) => [
      ...alike.slice(0, shownOfAKind).flatMap((finding) => renderFinding(finding, style)),
      ...(alike.length <= shownOfAKind
        ? []
        : [
            `${style.dim(
              `and ${alike.length - shownOfAKind} more of ${code}: ${alike
                .slice(shownOfAKind)
                .map(({ subject }) => subject)
                .join(', ')}`,
            )}`,
          ]),
    ]);

/** Errors of hosts begin with the host's name, for where they stand alone. */
export const withoutName = (host: string, message: string): string =>
  message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;

/** One entry a host, each with the way out. */
export const renderUnreachable = (unreachable: ReadonlyMap<string, DescribedError>, style: Style): string[] =>
  [...unreachable].flatMap(([host, { code, kind, message, hint }]) => [
    `${style.bad(kind === 'unreachable' ? 'no answer' : 'no reading')} ${style.dim(code)} ${style.strong(host)}: ${withoutName(host, message)}`,
    ...(hint === undefined ? [] : [`  ${style.accent('do')} ${hint}`]),
  ]);
