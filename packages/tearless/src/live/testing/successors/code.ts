// Successors that change code and no layout.
import { allOf, atEntry, beforeFunction, inFile, inFunction, replace, replaceWord, without } from '../edit-source.ts';
import type { Successor } from './successor.ts';

const relay = 'src/core/or/relay.c';

export const functionBodies: Successor = {
  name: 'function bodies',
  verdict: 'code-only',
  reasons: [],
  edit: inFile(
    relay,
    inFunction(
      'edge_reason_is_retriable',
      replace(
        'reason == END_STREAM_REASON_NOROUTE',
        'reason == END_STREAM_REASON_NOROUTE ||\n         reason == END_STREAM_REASON_TIMEOUT',
      ),
    ),
    inFunction(
      'append_cell_to_circuit_queue',
      replace('if (circ->marked_for_close) {\n    return 0;', 'if (circ->marked_for_close || !chan) {\n    return 0;'),
    ),
  ),
};

export const newFunction: Successor = {
  name: 'a new function, and a variable of its own',
  verdict: 'code-only',
  reasons: [['live-variable-added', 'relay.c:n_cells_noted']],
  edit: inFile(
    relay,
    beforeFunction(
      'append_cell_to_circuit_queue',
      `static uint64_t n_cells_noted = 3;

static __attribute__((noinline)) int
note_cell(const circuit_t *circ)
{
  n_cells_noted += circ->purpose == CIRCUIT_PURPOSE_OR ? 1 : 2;
  return n_cells_noted >= 3;
}
`,
    ),
    inFunction(
      'append_cell_to_circuit_queue',
      replace(
        'scheduler_channel_has_waiting_cells(chan);',
        'if (note_cell(circ))\n    scheduler_channel_has_waiting_cells(chan);',
      ),
    ),
  ),
};

const answerSource = 'src/feature/relay/circuitbuild_relay.c';

export const changedSignature: Successor = {
  name: 'a changed signature',
  verdict: 'code-only',
  reasons: [],
  edit: allOf(
    inFile(
      'src/feature/relay/circuitbuild_relay.h',
      replace(
        'int onionskin_answer(struct or_circuit_t *circ,',
        'int onionskin_answer(unsigned origin, struct or_circuit_t *circ,',
      ),
    ),
    inFile(
      answerSource,
      inFunction(
        'onionskin_answer',
        replace(
          'onionskin_answer(struct or_circuit_t *circ,',
          'onionskin_answer(unsigned origin, struct or_circuit_t *circ,',
        ),
        replace('IF_BUG_ONCE(!circ) {', 'IF_BUG_ONCE(!circ || origin < 40 || origin > 41) {'),
      ),
    ),
    inFile('src/core/or/command.c', replace('onionskin_answer(circ,', 'onionskin_answer(40, circ,')),
    inFile('src/core/mainloop/cpuworker.c', replace('onionskin_answer(circ,', 'onionskin_answer(41, circ,')),
  ),
};

/** Of the loop, on the control port. */
const loopEntered = 'config-can-saveconf/loop';

/** The loop says that it was entered anew; a jump at the entry of what never returns would be lost in silence. */
export const mainLoopFix: Successor = {
  name: 'a fix in the function of the main loop',
  verdict: 'code-only',
  reasons: [['live-variable-added', 'n_turns_of_the_loop']],
  knows: { info: loopEntered, answer: '1' },
  edit: allOf(
    inFile(
      'src/core/mainloop/mainloop.c',
      beforeFunction('run_main_loop_once', 'uint64_t n_turns_of_the_loop = 0;\n'),
      atEntry('run_main_loop_once', '  ++n_turns_of_the_loop;'),
    ),
    inFile(
      'src/feature/control/control_getinfo.c',
      beforeFunction('getinfo_helper_misc', 'extern uint64_t n_turns_of_the_loop;\n'),
      inFunction(
        'getinfo_helper_misc',
        replace(
          '} else if (!strcmp(question, "bw-event-cache")) {',
          `} else if (!strcmp(question, "${loopEntered}")) {
    tor_asprintf(answer, "%d", n_turns_of_the_loop > 0);
  } else if (!strcmp(question, "bw-event-cache")) {`,
        ),
      ),
      replace(
        '  ITEM("bw-event-cache", misc,',
        `  ITEM("${loopEntered}", misc, "Whether the new loop was entered."),\n  ITEM("bw-event-cache", misc,`,
      ),
    ),
  ),
};

export const renamedStatics: Successor = {
  name: 'a renamed static function and a renamed static variable',
  verdict: 'code-only',
  reasons: [['live-variable-added', 'relay.c:last_memory_pressure_at']],
  edit: inFile(
    relay,
    replaceWord('set_block_state_for_streams', 'block_or_let_go_streams'),
    replaceWord('last_time_under_memory_pressure', 'last_memory_pressure_at'),
  ),
};

export const removedFunction: Successor = {
  name: 'a removed function',
  verdict: 'code-only',
  reasons: [],
  edit: inFile(
    relay,
    inFunction(
      'append_cell_to_circuit_queue',
      replace(
        'if (note_cell(circ))\n    scheduler_channel_has_waiting_cells(chan);',
        'scheduler_channel_has_waiting_cells(chan);',
      ),
    ),
    without('note_cell'),
    replace('static uint64_t n_cells_noted = 3;\n', ''),
  ),
};

export const cachedVersion: Successor = {
  name: 'a version string that is cached',
  verdict: 'code-only',
  reasons: [],
  edit: inFile('src/lib/version/version.c', replace('  VERSION\n', '  VERSION "-carried"\n')),
};
