// Successors that change types: in the room set aside, and one in which a number means something else.
import { allOf, atEndOfStruct, atEntry, inFile, inFunction, replace } from '../edit-source.ts';
import type { Successor } from './successor.ts';

const rules = (members: readonly string[]): string =>
  ['schema: tearless.live-rules/v1', 'members:', ...members.map((line) => `  ${line}`), ''].join('\n');

/** New code closes a circuit whose credit is zero: circuits that exist must get the value that new ones begin with. */
export const memberOfCircuits: Successor = {
  name: 'a new member of a hot struct that must not be zero',
  verdict: 'needs-rule',
  reasons: [['live-type-member-value', 'struct or_circuit_t.relay_credit']],
  rules: {
    text: rules([
      'struct or_circuit_t.relay_credit:',
      '  value: 7',
      '  of:',
      '    from: circuitlist.c:global_circuitlist',
      // OR_CIRCUIT_MAGIC
      '    through: [{ each: circuit_t }, { where: { magic: 0x98ABC04F } }, { as: or_circuit_t }]',
    ]),
    verdict: 'uses-reserve',
    reasons: [['live-type-reserve', 'struct or_circuit_t.relay_credit']],
  },
  edit: allOf(
    inFile(
      'src/core/or/or_circuit_st.h',
      atEndOfStruct('or_circuit_t', '\n  /** What it may still do. */\n  uint32_t relay_credit;'),
    ),
    inFile(
      'src/core/or/circuitlist.c',
      inFunction(
        'or_circuit_new',
        replace(
          'circ->base_.magic = OR_CIRCUIT_MAGIC;',
          'circ->base_.magic = OR_CIRCUIT_MAGIC;\n  circ->relay_credit = 7;',
        ),
      ),
    ),
    inFile(
      'src/core/or/relay.c',
      atEntry(
        'circuit_receive_relay_cell',
        '  if (!CIRCUIT_IS_ORIGIN(circ) && TO_OR_CIRCUIT(circ)->relay_credit == 0)\n    return -END_CIRC_REASON_RESOURCELIMIT;',
      ),
    ),
  ),
};

const controls = [
  'of:',
  '  - from: circuitlist.c:global_circuitlist',
  '    through: [{ each: circuit_t }, { member: ccontrol }]',
  '  - from: circuitlist.c:global_circuitlist',
  '    through:',
  '      - each: circuit_t',
  // ORIGIN_CIRCUIT_MAGIC
  '      - where: { magic: 0x35315243 }',
  '      - as: origin_circuit_t',
  '      - member: cpath',
  '      - next: next',
  '      - member: ccontrol',
];

const copied = (indent: string): string =>
  ['struct congestion_control_t.next_cc_event:', '  copy: next_cc_event', ...controls.map((line) => `  ${line}`)]
    .map((line) => `${indent}${line}`)
    .join('\n');

/** Circuits that wait for a window to be counted down wait for as long as before, whichever code counts. */
export const otherIntegers: Successor = {
  name: 'a member of another width, and a variable without a sign',
  verdict: 'needs-rule',
  reasons: [
    ['live-type-member-value', 'struct congestion_control_t.next_cc_event'],
    ['live-variable-sign', 'cpuworker.c:total_pending_tasks'],
  ],
  rules: {
    text: `schema: tearless.live-rules/v1
keep: [cpuworker.c:total_pending_tasks]
members:
${copied('  ')}
down:
  members:
${copied('    ')}
`,
    verdict: 'uses-reserve',
    reasons: [
      ['live-type-reserve', 'struct congestion_control_t.next_cc_event'],
      ['live-variable-sign', 'cpuworker.c:total_pending_tasks'],
    ],
  },
  edit: allOf(
    inFile('src/core/or/congestion_control_st.h', replace('  uint16_t next_cc_event;', '  uint32_t next_cc_event;')),
    inFile(
      'src/core/mainloop/cpuworker.c',
      replace('static uint32_t total_pending_tasks = 0;', 'static int total_pending_tasks = 0;'),
    ),
  ),
};

export const newOption: Successor = {
  name: 'a new option',
  verdict: 'uses-reserve',
  reasons: [
    ['live-type-reserve', 'struct or_options_t.CellNoteLimit'],
    ['live-options-changed', 'options'],
  ],
  knows: { option: 'CellNoteLimit', initial: '40' },
  edit: allOf(
    inFile(
      'src/app/config/or_options_st.h',
      atEndOfStruct('or_options_t', '\n  /** How many cells are noted. */\n  int CellNoteLimit;'),
    ),
    inFile(
      'src/app/config/config.c',
      replace(
        '  V(MainloopStats,               BOOL,     "0"),',
        '  V(MainloopStats,               BOOL,     "0"),\n  V(CellNoteLimit,               POSINT,   "40"),',
      ),
    ),
    inFile(
      'src/core/or/status.c',
      replace('if (options->MainloopStats) {', 'if (options->MainloopStats || options->CellNoteLimit > 100) {'),
    ),
  ),
};

/** Of a module, whose struct has a hole of four bytes there, where anything may lie: few files include it. */
export const optionOfModule: Successor = {
  name: 'a new option of a module',
  verdict: 'uses-reserve',
  reasons: [
    ['live-type-reserve', 'struct dirauth_options_t.AuthDirNoteLimit'],
    ['live-options-changed', 'options'],
    ['live-variable-initialiser', 'tor_subsystems'],
  ],
  knows: { option: 'AuthDirNoteLimit', initial: '12' },
  edit: inFile(
    'src/feature/dirauth/dirauth_options.inc',
    replace(
      'CONF_VAR(AuthDirVoteGuardGuaranteeTimeKnown, INTERVAL, 0, "8 days")\n',
      'CONF_VAR(AuthDirVoteGuardGuaranteeTimeKnown, INTERVAL, 0, "8 days")\n\n/** How many notes are taken. */\nCONF_VAR(AuthDirNoteLimit, POSINT, 0, "12")\n',
    ),
  ),
};

export const bitOfStreams: Successor = {
  name: 'a bit-field more',
  verdict: 'needs-rule',
  reasons: [['live-type-member-value', 'struct entry_connection_t.has_been_noted']],
  rules: {
    text: rules([
      'struct entry_connection_t.has_been_noted:',
      '  value: 0',
      '  of:',
      '    from: connection_array',
      // ENTRY_CONNECTION_MAGIC
      '    through: [{ each: connection_t }, { where: { magic: 0xBB4A5703 } }, { as: entry_connection_t }]',
    ]),
    verdict: 'uses-reserve',
    reasons: [['live-type-reserve', 'struct entry_connection_t.has_been_noted']],
  },
  edit: allOf(
    inFile(
      'src/core/or/entry_connection_st.h',
      atEndOfStruct('entry_connection_t', '\n  /** Its user has got an answer. */\n  unsigned int has_been_noted : 1;'),
    ),
    inFile(
      'src/core/or/connection_edge.c',
      atEntry('connection_ap_handshake_socks_reply', '  conn->has_been_noted = 1;'),
    ),
  ),
};

export const changedEnum: Successor = {
  name: 'an enum whose numbers change',
  verdict: 'refuse',
  reasons: [
    ['live-type-enumerator-changed', 'enum cdm_diff_status_t'],
    ['live-type-enumerator-changed', 'enum cdm_diff_status_t'],
    ['live-type-enumerator-added', 'enum cdm_diff_status_t'],
  ],
  edit: inFile(
    'src/feature/dircache/consdiffmgr.c',
    replace(
      '  CDM_DIFF_PRESENT=1,\n  CDM_DIFF_IN_PROGRESS=2,',
      '  CDM_DIFF_WANTED=1,\n  CDM_DIFF_PRESENT=2,\n  CDM_DIFF_IN_PROGRESS=4,',
    ),
  ),
};
