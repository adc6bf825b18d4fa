// By which time periods keys are made ahead: those of the public network, or those of a consensus.
import { readFile } from 'node:fs/promises';
import { TorError } from '@tearless/tor/error.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { readTimeRules, type TimeRules } from '@tearless/tor/onion/time-period.ts';
import { CliError } from '../cli-error.ts';

const hourMs = 3_600_000;

/** An hour between consensuses, and no parameter that says otherwise. */
const publicNetwork = { validAfterMs: 0, freshUntilMs: hourMs, params: new Map<string, number>() };

/**
 * @param consensus path of tor's cached-microdesc-consensus or cached-consensus; undefined for the public network as it is
 * @throws CliError `balance-consensus`
 */
export const readPeriodRules = async (consensus: string | undefined, isTestNetwork: boolean): Promise<TimeRules> => {
  if (consensus === undefined) return readTimeRules(publicNetwork);
  try {
    return readTimeRules(parseConsensus(await readFile(consensus, 'utf8')), { isTestNetwork });
  } catch (error) {
    if (error instanceof TypeError) throw error;
    throw new CliError({
      kind: 'config',
      code: 'balance-consensus',
      place: 'config',
      message: `${consensus} is no consensus: ${error instanceof Error ? error.message : String(error)}`,
      hint: "give the cached-microdesc-consensus of a tor's DataDirectory",
      subject: consensus,
      cause: error instanceof TorError ? undefined : error,
    });
  }
};
