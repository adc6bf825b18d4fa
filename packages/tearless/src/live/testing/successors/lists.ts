// A successor that changes lists which a tor makes once: a key more in its state file, and two options more of onion services, the second
// of which their struct has no place for.
import { allOf, atEndOfStruct, inFile, inFunction, replace } from '../edit-source.ts';
import type { Successor } from './successor.ts';

/** What new code writes under the key whenever it saves its state. */
export const stateKey = { name: 'CellNoteCount', value: '41' };
/** What the options of an onion service are unless its torrc says otherwise; a zero is refused. */
export const serviceOption = { name: 'HiddenServiceNoteBurst', byDefault: 300 };
const another = 'HiddenServiceNoteLimit';

const lastOption = 'CONF_VAR(HiddenServicePoWQueueBurst, POSINT, 0, "2500")\n';
const lastLine = '  VAR("HiddenServicePoWQueueBurst", LINELIST_S, RendConfigLines, NULL),\n';

const services: Successor['reasons'] = [
  ['live-type-size', 'struct hs_opts_t'],
  ['live-type-member-added', `struct hs_opts_t.${serviceOption.name}`],
  ['live-type-member-value', `struct hs_opts_t.${another}`],
  ['live-options-changed', 'options'],
];

const rules = `schema: tearless.live-rules/v1
passing: [struct hs_opts_t]
members:
  struct or_state_t.${stateKey.name}: { value: 0, of: { from: statefile.c:global_state } }
`;

export const longerLists: Successor = {
  name: 'a key of the state file, and options of onion services',
  verdict: 'refuse',
  reasons: [...services, ['live-type-member-value', `struct or_state_t.${stateKey.name}`]],
  rules: {
    text: rules,
    verdict: 'uses-reserve',
    reasons: [...services, ['live-type-reserve', `struct or_state_t.${stateKey.name}`]],
  },
  edit: allOf(
    inFile(
      'src/app/config/or_state_st.h',
      atEndOfStruct('or_state_t', `\n  /** How many cells were noted. */\n  int ${stateKey.name};`),
    ),
    inFile(
      'src/app/config/statefile.c',
      replace(
        '  V(LastWritten,                      ISOTIME,  NULL),\n',
        `  V(LastWritten,                      ISOTIME,  NULL),\n  V(${stateKey.name}, POSINT, "0"),\n`,
      ),
      inFunction(
        'or_state_save',
        replace(
          '  global_state->LastWritten = now;',
          `  global_state->LastWritten = now;\n  global_state->${stateKey.name} = ${stateKey.value};`,
        ),
      ),
    ),
    inFile(
      'src/feature/hs/hs_options.inc',
      replace(
        lastOption,
        `${lastOption}CONF_VAR(${another}, POSINT, 0, "30")\nCONF_VAR(${serviceOption.name}, POSINT, 0, "${serviceOption.byDefault}")\n`,
      ),
    ),
    inFile(
      'src/app/config/config.c',
      replace(
        lastLine,
        `${lastLine}${[another, serviceOption.name].map((name) => lastLine.replace('HiddenServicePoWQueueBurst', name)).join('')}`,
      ),
    ),
    inFile(
      'src/feature/hs/hs_config.c',
      inFunction(
        'config_service_v3',
        replace(
          '  config->num_intro_points = hs_opts->HiddenServiceNumIntroductionPoints;',
          `  config->num_intro_points = hs_opts->HiddenServiceNumIntroductionPoints;
  if (CHECK_OOB(hs_opts, ${another}, 1, 100) || CHECK_OOB(hs_opts, ${serviceOption.name}, 100, 1000)) {
    goto err;
  }`,
        ),
      ),
    ),
  ),
};
