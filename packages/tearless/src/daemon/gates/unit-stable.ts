// `tor.unit-stable`: the unit is active and its main process has lived through the soak, without systemd starting it again.
import { z } from 'zod';
import type { GateKind } from '../../change/step.ts';
import { Instance } from '../params.ts';
import { readInstanceState } from '../process.ts';
import { failed, passed, renderMs, waiting } from './reading.ts';

const Params = z.object({
  instance: Instance,
  soakMs: z.number().min(0),
  /**
   * What came before. After a restart any start by systemd itself is a crash. A reload, and an undo that found nothing to
   * restart, leave a process that systemd may have started long ago: only a young one has crashed. A relay that ended at its
   * reload may be back by systemd's own doing before the undo: then its age alone counts.
   */
  after: z.enum(['restart', 'reload', 'undone-restart', 'undone-reload']),
});
type Params = z.output<typeof Params>;

export const unitStableGate: GateKind<Params> = {
  kind: 'tor.unit-stable',
  params: Params,
  read: async (context, { instance, soakMs, after }) => {
    const { unit, process: main } = await readInstanceState(context, instance);
    const { activeState, subState, result, restarts, mainPid } = unit;
    const evidence = { activeState, subState, result, restarts, mainPid };
    if (activeState === 'failed' || activeState === 'inactive')
      return failed(`${unit.unit} is ${activeState} (${result})`, evidence);
    // a manual start sets systemd's counter to 0, so what it counts came after ours
    if (after === 'restart' && restarts > 0)
      return failed(`${unit.unit} ended and systemd started it again, ${restarts} times so far`, evidence);
    if (subState === 'auto-restart')
      return failed(`${unit.unit} ended (${result}) and systemd will start it again`, evidence);
    if (activeState !== 'active' || main === undefined)
      return waiting(`${unit.unit} is ${activeState} (${subState})`, evidence);
    const seen = { ...evidence, startTicks: main.startTicks, ageMs: Math.round(main.ageMs) };
    if (main.ageMs >= soakMs) return passed(`process ${mainPid} is up for ${renderMs(main.ageMs)}`, seen);
    if (after !== 'undone-reload' && restarts > 0)
      return failed(`${unit.unit} ended and systemd started it again as process ${mainPid}`, seen);
    return waiting(`process ${mainPid} is up for ${renderMs(main.ageMs)} of ${renderMs(soakMs)}`, seen);
  },
};
