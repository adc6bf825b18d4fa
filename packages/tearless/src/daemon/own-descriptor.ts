// The descriptor that an instance has made of itself, as its control port gives it.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { parseRouterDescriptors, type RouterDescriptor } from '@tearless/tor/netdoc/router-descriptor.ts';

/** The latest one; undefined while tor has not made one since it started. */
export const readOwnDescriptor = async (controller: Controller): Promise<RouterDescriptor | undefined> => {
  const [own] = parseRouterDescriptors(await controller.getInfo('dir/server/authority'));
  return own;
};

/**
 * Whether a directory authority has taken a descriptor of this very process: the answer to its latest upload was 200. Kept
 * in tor's memory alone, so a new process begins without (control-spec §3.9 status/accepted-server-descriptor).
 */
export const hasAcceptedDescriptor = async (controller: Controller): Promise<boolean> =>
  (await controller.getInfo('status/accepted-server-descriptor')) === '1';
