// ADD_ONION. control-spec §3.27.
import { Sensitive } from '../../sensitive.ts';
import type { Message } from '../message.ts';
import { protocolError } from '../problem.ts';

export interface AddedOnion {
  /** The onion address without `.onion`. */
  readonly serviceId: string;
  /** `ED25519-V3:…`, as ADD_ONION takes it; only for a new key that was not to be discarded. */
  readonly privateKey: Sensitive<string> | undefined;
  /** Version 3 client keys that were accepted, base32. */
  readonly clientAuthV3: readonly string[];
}

// 250-ServiceID=7a7fkgce6q6mijjrm5wqoi5xjjtie7saqrsvwjnwgnr33e4ije7fm7id
// 250-PrivateKey=ED25519-V3:…
// 250 OK
/** @throws TorError kind `protocol` */
export function parseAddOnion(reply: Message): AddedOnion {
  const values = (name: string) =>
    reply.lines.filter(({ text }) => text.startsWith(`${name}=`)).map(({ text }) => text.slice(name.length + 1));
  const [serviceId] = values('ServiceID');
  const [privateKey] = values('PrivateKey');
  if (serviceId === undefined || !/^[a-z2-7]{16}$|^[a-z2-7]{56}$/.test(serviceId)) {
    throw protocolError('control-bad-reply', 'tor answered ADD_ONION without a ServiceID');
  }
  return {
    serviceId,
    privateKey: privateKey === undefined ? undefined : new Sensitive(privateKey),
    clientAuthV3: values('ClientAuthV3'),
  };
}
