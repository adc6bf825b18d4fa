// The relays that a node's consensus lists, read over its control port. dir-spec §3.4.1, lines r and s.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { LabError } from '../base/lab-error.ts';

export type ListedRelay = {
  /** 40 hexadecimal digits, capitals. */
  fingerprint: string;
  nickname: string;
  flags: ReadonlySet<string>;
};

/**
 * Parses router status entries.
 * ```
 * r relay2 UxKoQCn/WZGn5aW8+YKuUM3SK9E Eul7wKCDa3QP2+ZaAe4h051ZvuU 2038-01-01 00:00:00 127.77.1.135 9001 0
 * s Exit Fast Guard HSDir Running Stable V2Dir Valid
 * w Bandwidth=0
 * ```
 */
export const parseRelayList = (text: string): ListedRelay[] => {
  const relays: ListedRelay[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...rest] = line.split(' ');
    if (keyword === 'r') {
      const [nickname = '', identity = ''] = rest;
      const fingerprint = Buffer.from(identity, 'base64').toString('hex').toUpperCase();
      if (fingerprint.length !== 40) {
        throw new LabError('network-bad-status', `tor gave a router status without an identity: ${line}`, {
          kind: 'failed',
        });
      }
      relays.push({ fingerprint, nickname, flags: new Set() });
    } else if (keyword === 's') {
      const last = relays.at(-1);
      if (last !== undefined) last.flags = new Set(rest);
    }
  }
  return relays;
};

export const readRelayList = async (controller: Controller): Promise<ListedRelay[]> =>
  parseRelayList(await controller.getInfo('ns/all'));
