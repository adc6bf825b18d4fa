// The relays that a node's consensus lists, read over its control port.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { parseRouterStatuses } from '@tearless/tor/netdoc/router-status.ts';

export type ListedRelay = {
  /** 40 hexadecimal digits, capitals. */
  fingerprint: string;
  nickname: string;
  flags: ReadonlySet<string>;
};

/** @throws TorError for what is no router status */
export const readRelayList = async (controller: Controller): Promise<ListedRelay[]> =>
  parseRouterStatuses(await controller.getInfo('ns/all')).map(({ fingerprint, nickname, flags }) => ({
    fingerprint,
    nickname,
    flags: new Set(flags),
  }));
