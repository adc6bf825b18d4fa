// What nodes need so that visitors of onion services meet there what they would meet in the world, as `ownOf` of a network
// without a fleet. Beside it the links between relays need other people's cells (../traffic/crowd.ts).
import type { NodeOwn, NodePlan } from './node-plan.ts';

/**
 * No relay says what bandwidth it has seen, so all are chosen alike. The first consensus would otherwise know that of the
 * authority alone: all clients would take it for their guard, and most rendezvous points would be at it as well. A relay
 * between the two refuses to extend a circuit back to where it comes from, and tor (0.4.9) tries such paths again and again.
 */
const alike = ['TestingMinTimeToReportBandwidth 1 day'];

/**
 * Beside the 10 s of other labs; the last line counts. tor waits three times as long for a service that was introduced to,
 * and for nothing when that has died on the way. In the world it learns a second or two.
 */
const learnt = ['CircuitBuildTimeout 3'];

export const likeTheWorld = ({ role }: NodePlan): NodeOwn => ({
  extraTorrc: role === 'authority' || role === 'relay' ? alike : learnt,
});
