// What is known of tor's structs that neither their text nor debug information tells. Facts, with where they come from.

/** Of which a relay has so many that room in each would cost memory, and why. */
export const veryMany: ReadonlyMap<string, string> = new Map([
  ['cell_t', 'on the wire'],
  ['var_cell_t', 'on the wire'],
  ['packed_cell_t', 'one for each queued cell'],
  ['destroy_cell_t', 'one for each queued cell'],
  ['relay_header_t', 'on the wire'],
  ['relay_msg_t', 'one for each relayed message'],
  ['cell_ewma_t', 'one for each circuit and direction'],
  ['tor_addr_t', 'in nearly everything'],
  ['buf_t', 'several for each connection'],
  ['chunk_t', 'several for each connection'],
  ['routerstatus_t', 'one for each relay of the consensus'],
  ['vote_routerstatus_t', 'one for each relay and vote'],
  ['microdesc_t', 'one for each relay of the consensus'],
  ['signed_descriptor_t', 'one for each relay of the consensus'],
  ['short_policy_entry_t', 'several for each relay of the consensus'],
  ['clientmap_entry_t', 'one for each address that was ever seen'],
  ['keypin_ent_st', 'one for each relay that was ever seen'],
]);

/**
 * Structs whose members changed in a release: they get room whatever else speaks against it. By the text of the release trees of
 * 0.4.5 to 0.4.7, and by the debug information of 0.4.9.11 and 0.4.9.15.
 */
export const changedByReleases: ReadonlyMap<string, string> = new Map([
  ['or_options_t', 'an option more, in several releases'],
  ['congestion_control_t', '0.4.7.9 and 0.4.7.13'],
  ['vegas_params_t', '0.4.7.9 and 0.4.7.13'],
  ['or_connection_t', '0.4.7.11'],
  ['dos_client_stats_t', '0.4.7.11'],
  ['connection_t', 'between 0.4.9.11 and 0.4.9.15'],
  ['origin_circuit_t', 'between 0.4.9.11 and 0.4.9.15'],
  ['channel_tls_t', 'between 0.4.9.11 and 0.4.9.15'],
]);

/** Longs of room in those that get it although a relay has very many of them. */
export const fewLongs: ReadonlyMap<string, number> = new Map([
  // One for each address that was ever seen.
  ['dos_client_stats_t', 2],
]);

/** Made by tor's configuration managers, in whose text no allocation names them. */
export const managedStructs: ReadonlySet<string> = new Set(['or_options_t', 'or_state_t', 'sr_disk_state_t']);

/** What a relay has many of, as the structs that are made for each. */
export const countedThings: readonly (readonly [what: string, structs: readonly string[]])[] = [
  ['relayed circuit', ['or_circuit_t']],
  ['connection to a relay', ['or_connection_t', 'channel_tls_t']],
  ['exit stream', ['edge_connection_t']],
  ['relay of the consensus', ['node_t', 'routerstatus_t', 'microdesc_t']],
];
