// Successors that bring events which recur: one that is registered by itself, and one in the table that a running tor writes to.
import { allOf, beforeFunction, inFile, inFunction, replace, type SourceEdit } from '../edit-source.ts';
import type { Successor } from './successor.ts';

const loop = 'src/core/mainloop/mainloop.c';
const getInfo = 'src/feature/control/control_getinfo.c';

/**
 * All of them are taken off and registered as when a tor starts, in that order, by the code that runs then: the new one, and on the way
 * back the former. What skips its first turn does so again.
 */
const again = `  variables:
    periodic_events_initialized: 0
    heartbeat_callback_first_time: 1
    mainloop.c:rotate_x509_certificate_callback.first: 1
  calls:
    - periodic_events_disconnect_all()
    - initialize_periodic_events()
    - or_register_periodic_events()
    - relay_register_periodic_events()
    - dirauth_register_periodic_events()
    - periodic_events_connect_all()
    - rescan_periodic_events(get_options())
`;

const rules = (more = ''): string => `schema: tearless.live-rules/v1\n${more}up: &again\n${again}down: *again\n`;

/** Whether an event was run, on the control port. */
const countedAs = (question: string, counter: string): SourceEdit =>
  inFile(
    getInfo,
    beforeFunction('getinfo_helper_misc', `extern uint64_t ${counter};\n`),
    inFunction(
      'getinfo_helper_misc',
      replace(
        '} else if (!strcmp(question, "bw-event-cache")) {',
        `} else if (!strcmp(question, "${question}")) {
    tor_asprintf(answer, "%d", ${counter} > 0);
  } else if (!strcmp(question, "bw-event-cache")) {`,
      ),
    ),
    replace(
      '  ITEM("bw-event-cache", misc,',
      `  ITEM("${question}", misc, "Whether that event was run."),\n  ITEM("bw-event-cache", misc,`,
    ),
  );

const callback = (name: string, counter: string): string => `uint64_t ${counter} = 0;

static int
${name}_callback(time_t now, const or_options_t *options)
{
  (void)now;
  (void)options;
  ++${counter};
  return 1;
}
`;

/** Names as a tor has them in its list. */
export const eventNames = { ofItsOwn: 'take_notes', inTable: 'review_notes' };

/** Of the relay module, which registers its events in every tor. */
export const newEvent: Successor = {
  name: 'a new periodic event',
  verdict: 'code-only',
  reasons: [
    ['live-variable-added', 'n_notes_taken'],
    ['live-variable-added', 'relay_periodic.c:take_notes_event'],
    ['live-event-added', 'relay_periodic.c:take_notes_event'],
  ],
  rules: {
    text: rules(),
    verdict: 'code-only',
    reasons: [
      ['live-variable-added', 'n_notes_taken'],
      ['live-variable-added', 'relay_periodic.c:take_notes_event'],
      ['live-event-added', 'relay_periodic.c:take_notes_event'],
    ],
  },
  knows: { info: 'event/take-notes', answer: '1' },
  edit: allOf(
    inFile(
      'src/feature/relay/relay_periodic.c',
      beforeFunction(
        'relay_register_periodic_events',
        `${callback(eventNames.ofItsOwn, 'n_notes_taken')}\nDECLARE_EVENT(${eventNames.ofItsOwn}, ALL, 0);\n`,
      ),
      inFunction(
        'relay_register_periodic_events',
        replace(
          '  periodic_events_register(&retry_dns_event);\n',
          `  periodic_events_register(&${eventNames.ofItsOwn}_event);\n  periodic_events_register(&retry_dns_event);\n`,
        ),
      ),
    ),
    countedAs('event/take-notes', 'n_notes_taken'),
  ),
};

/** In the middle of the table: those behind it lie elsewhere in the new one. */
export const newEventInTable: Successor = {
  name: 'a new periodic event of the main loop',
  verdict: 'code-only',
  reasons: [
    ['live-variable-table', 'mainloop.c:mainloop_periodic_events'],
    ['live-variable-added', 'n_notes_reviewed'],
    ['live-on-stack-lines', 'do_main_loop'],
  ],
  rules: {
    text: rules('anew: [mainloop_periodic_events]\n'),
    verdict: 'code-only',
    reasons: [
      ['live-variable-table', 'mainloop.c:mainloop_periodic_events'],
      ['live-variable-added', 'n_notes_reviewed'],
      ['live-on-stack-lines', 'do_main_loop'],
    ],
  },
  knows: { info: 'event/review-notes', answer: '1' },
  edit: allOf(
    inFile(
      loop,
      replace('\nCALLBACK(manage_vglite);\n', `\nCALLBACK(manage_vglite);\nCALLBACK(${eventNames.inTable});\n`),
      replace(
        '\n  CALLBACK(heartbeat, ALL, 0),\n',
        `\n  CALLBACK(heartbeat, ALL, 0),\n  CALLBACK(${eventNames.inTable}, ALL, 0),\n`,
      ),
      beforeFunction('initialize_periodic_events', callback(eventNames.inTable, 'n_notes_reviewed')),
    ),
    countedAs('event/review-notes', 'n_notes_reviewed'),
  ),
};
