// The template `live-update-against-restart`: does updating tor inside the running process spare the network what a restart
// costs? Two arms that take the same new code, one by a restart, one without. It is designed like any other experiment.
import type { ExperimentText } from '../../config/edit-experiments.ts';
import { bytesCarried } from './bytes-carried.ts';
import { circuitsCut } from './circuits-cut.ts';
import { hsDirHours } from './hsdir-hours.ts';
import type { Outcome } from './outcome.ts';

export interface ExperimentTemplate {
  readonly title: string;
  readonly hypothesis: string;
  readonly arms: ExperimentText['arms'];
  readonly control: string;
  readonly outcomes: readonly Outcome[];
}

export const liveUpdateAgainstRestart: ExperimentTemplate = {
  title: 'live update against restart',
  hypothesis:
    'Relays that are updated while they run keep HSDir, carry more bytes and cut no circuits, where a restart costs HSDir for 96 hours and every open circuit.',
  arms: { restart: { action: 'restart' }, 'live-update': { action: 'live-update' } },
  control: 'restart',
  outcomes: [hsDirHours, bytesCarried, circuitsCut],
};

/** By the name that the command line and the configuration know. */
export const templates = { 'live-update-against-restart': liveUpdateAgainstRestart } as const;
export type TemplateName = keyof typeof templates;

/** What a template looks at besides memory; nothing for an experiment of no template, or of one that a newer Tearless has. */
export const outcomesOf = (template: string | undefined): readonly Outcome[] =>
  template !== undefined && Object.hasOwn(templates, template) ? templates[template as TemplateName].outcomes : [];
