// The directories of onion services below an instance's data directory, as the host's helper tells of them: which have a key, its
// public half, and what ob_config says. Private keys are not told.
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import type { StepContext } from '../../change/step.ts';
import { BalanceError } from '../balance-error.ts';

export interface ServiceDir {
  /** Below the data directory. */
  readonly name: string;
  /** Tearless made it; others are somebody's own. */
  readonly isMade: boolean;
  readonly hasKey: boolean;
  /** 64 hexadecimal digits; tor writes it when it first loads the key. */
  readonly publicKey: string | undefined;
  /** With `.onion`; known when the public key is. */
  readonly address: string | undefined;
  readonly obConfig: ObConfigFile | undefined;
}

export interface ObConfigFile {
  readonly mode: number;
  /** Undefined where it is no plain file, or too long to be one. */
  readonly text: string | undefined;
}

const line = /^(\S+) (made|-) (key|-) ([0-9a-f]{64}|-) ([0-7]{1,5}) (=(?:[0-9a-f]{2})*|-|\?)$/;

/**
 * @param host for errors
 * @throws BalanceError `balance-bad-answer`
 */
export const parseServiceDirs = (text: string, host: string): ServiceDir[] =>
  text
    .split('\n')
    .filter((one) => one !== '')
    .map((one) => {
      const [, name, made, key, publicKey, mode, config = '-'] = line.exec(one) ?? [];
      if (name === undefined || publicKey === undefined || mode === undefined)
        throw new BalanceError({
          kind: 'protocol',
          code: 'balance-bad-answer',
          place: 'host',
          subject: host,
          message: `${host}: what its helper says of onion services cannot be understood`,
          hint: 'run `tearless host add` for it again: that replaces the helper',
        });
      const known = publicKey === '-' ? undefined : publicKey;
      return {
        name,
        isMade: made === 'made',
        hasKey: key === 'key',
        publicKey: known,
        address: known === undefined ? undefined : encodeOnionAddress(new Uint8Array(Buffer.from(known, 'hex'))),
        obConfig:
          config === '-'
            ? undefined
            : {
                mode: Number.parseInt(mode, 8),
                text: config === '?' ? undefined : Buffer.from(config.slice(1), 'hex').toString(),
              },
      };
    });

/** @throws HostError, BalanceError `balance-bad-answer` */
export const readServiceDirs = async (
  { host, signal }: Pick<StepContext, 'host' | 'signal'>,
  instance: string,
): Promise<ServiceDir[]> => {
  const { stdout } = await host.call('service-show', { args: [instance], signal });
  return parseServiceDirs(Buffer.from(stdout).toString(), host.name);
};

/** A directory that an undone deployment took out of tor's way. */
const keptName = /^(.*)\.kept-[^/]+$/;

/** Directories that were kept of a service, which `service-restore` brings back. */
export const findKept = (dirs: readonly ServiceDir[], name: string): ServiceDir[] =>
  dirs.filter((dir) => keptName.exec(dir.name)?.[1] === name && dir.hasKey);
