// The two kinds of hosts: this machine, and one that OpenSSH reaches.
import type { RenderedHelper } from './helper/render-helper.ts';
import { LocalTransport } from './local/local-transport.ts';
import { RemoteHost } from './remote-host.ts';
import type { SshDestination } from './ssh/destination.ts';
import { SshTransport } from './ssh/ssh-transport.ts';

export interface HostOptions {
  /** For people and for the journal; need not be the address. */
  readonly name: string;
  readonly helper: RenderedHelper;
}

/** This machine, as the user that runs us. */
export const createLocalHost = ({ name, helper }: HostOptions): RemoteHost =>
  new RemoteHost({ transport: new LocalTransport(name), helper });

/**
 * A host over ssh; nothing is connected yet.
 * @throws HostError `ssh-destination-bad`.
 */
export const createSshHost = ({
  name,
  helper,
  destination,
}: HostOptions & { readonly destination: SshDestination }): RemoteHost =>
  new RemoteHost({ transport: new SshTransport(name, destination), helper });
