// A new key of ssh-keygen's, to sign live updates with.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createLocalHost } from '../../../host/create-host.ts';
import type { Signer } from '../../../live/keys/signers.ts';
import { LiveError } from '../../../live/live-error.ts';
import { refusal } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import { readPublicKey } from './plan-trust.ts';

const script = `exec ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1" </dev/null`;

/** @throws CliError `live-key-exists`, LiveError `live-key-unmade` */
export const makeKey = async ({ surroundings, signal }: CommandContext, path: string): Promise<Signer> => {
  if (existsSync(path))
    throw refusal({
      code: 'live-key-exists',
      message: `${path} is there already`,
      subject: path,
      hint: "go on with it, or name another file; 'tearless live key rotate' goes over to a new one",
    });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
  try {
    const { exitCode, stderr } = await host.run(script, { args: [path, `live@${surroundings.machine}`], signal });
    if (exitCode !== 0)
      throw new LiveError({
        kind: 'failed',
        code: 'live-key-unmade',
        message: `ssh-keygen made no key: ${stderr.trim().split('\n').at(-1) ?? ''}`,
        subject: path,
        hint: 'it comes with openssh-client',
      });
  } finally {
    await host.close();
  }
  return readPublicKey(path, 'made');
};
