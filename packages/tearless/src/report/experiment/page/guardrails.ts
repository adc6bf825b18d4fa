// What an arm must not cost: broken guardrails stand out like findings, those that held are named in one line.
import { type Html, html } from '../../html.ts';
import type { ReportArm } from '../experiment-report.ts';
import { formatP } from '../figures.ts';

/** @returns nothing where none is broken */
export const renderBrokenGuardrails = ({ guardrails = [] }: ReportArm): Html | undefined => {
  const broken = guardrails.filter((guardrail) => guardrail.broken);
  if (broken.length === 0) return undefined;
  return html`<ul class="notes column">${broken.map(({ name, message, adjustedP }) => {
    const p = formatP(adjustedP);
    return html`<li class="error"><b>guardrail broken</b> <span class="soft">${name}${p === undefined ? '' : `, adjusted ${p}`}</span><br>${message}.</li>`;
  })}</ul>`;
};

/** @returns the sentence on guardrails that held; none where nothing was measured to judge by */
export const heldGuardrails = ({ guardrails = [] }: ReportArm): readonly string[] => {
  const held = guardrails.filter(({ broken }) => !broken).map(({ name }) => name);
  const flags = held.filter((name) => name.startsWith('flag ')).map((name) => name.slice('flag '.length));
  const parts = [
    ...held.filter((name) => !name.startsWith('flag ')),
    ...(flags.length === 0 ? [] : [`${flags.length === 1 ? 'the flag' : 'the flags'} ${flags.join(', ')}`]),
  ];
  return parts.length === 0 ? [] : [`Guardrails that held: ${parts.join(', ')}.`];
};
