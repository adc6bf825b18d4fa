// What tor's refusal of a stream says of the onion service behind it, in words. Pure.
import type { SocksReply } from '@tearless/tor/socks/reply.ts';

export interface Refusal {
  /** For people. */
  readonly why: string;
  /** Whether it may as well come from the way there, which then has to be looked at. */
  readonly isUnclear: boolean;
}

const clear = (why: string): Refusal => ({ why, isUnclear: false });
const unclear = (why: string): Refusal => ({ why, isUnclear: true });

const refusals: Readonly<Record<SocksReply, Refusal>> = {
  'onion-descriptor-not-found': clear('no directory has its descriptor'),
  'onion-descriptor-invalid': clear('its descriptor is not valid'),
  'onion-introduction-failed': unclear('none of its introduction points leads to it any more'),
  'onion-introduction-timed-out': unclear('its introduction points did not answer in time'),
  'onion-rendezvous-failed': unclear('it did not come to the rendezvous point'),
  'onion-client-auth-missing': clear('its descriptor is for authorized clients only'),
  'onion-client-auth-wrong': clear('its descriptor is for other authorized clients'),
  'onion-address-bad': clear('tor does not take its address'),
  'connection-refused': clear('it is reached, but what it stands for refuses connections'),
  'host-unreachable': unclear('tor found no way to it; a SOCKS port with the flag ExtendedErrors says more'),
  'ttl-expired': unclear('tor gave up before it answered'),
  'general-failure': unclear(
    'the stream was refused: what its port leads to may be gone; a SOCKS port of tor with the flag ExtendedErrors says more',
  ),
  'network-unreachable': unclear('tor has no network'),
  'not-allowed': unclear('tor does not allow the stream'),
  'command-not-supported': unclear('the SOCKS port does not know the command'),
  'address-type-not-supported': unclear('the SOCKS port does not take onion addresses'),
  unknown: unclear('tor refused the stream for a reason that is not known here'),
};

/** Replies that are about the descriptor, not about the service. */
export const isOfDescriptor = (reply: SocksReply): boolean =>
  reply === 'onion-descriptor-not-found' || reply === 'onion-descriptor-invalid';

export const explainRefusal = (reply: SocksReply): Refusal => refusals[reply];
