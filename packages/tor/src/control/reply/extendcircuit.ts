// EXTENDCIRCUIT. control-spec §3.10.
import type { Message } from '../message.ts';
import { protocolError } from '../problem.ts';

// 250 EXTENDED 27
/** The id of the circuit. @throws TorError kind `protocol` */
export function parseExtendCircuit(reply: Message): string {
  const id = /^EXTENDED ([A-Za-z0-9]{1,16})(?: |$)/.exec(reply.lines[0].text)?.[1];
  if (id === undefined) throw protocolError('control-bad-reply', 'tor answered EXTENDCIRCUIT without a circuit');
  return id;
}
