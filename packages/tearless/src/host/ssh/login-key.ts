// The key pair with which Tearless logs in. Only its public half ever leaves the file.
import { readFile } from 'node:fs/promises';
import { HostError, lastLines } from '../host-error.ts';
import { startProcess } from '../process.ts';

const publicKeyLine =
  /^((?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+={0,3})(?:[ \t].*)?$/;

/**
 * Type and key of one line of a public key file, without its comment.
 * @throws HostError `ssh-public-key-bad`
 */
export const parsePublicKey = (text: string): string => {
  const key = publicKeyLine.exec(text.trim())?.[1];
  if (key !== undefined) return key;
  throw new HostError({
    kind: 'config',
    code: 'ssh-public-key-bad',
    message: 'this is not one public key of OpenSSH',
    hint: 'give the .pub file of a key pair made by ssh-keygen',
    place: 'local',
  });
};

/** Makes an Ed25519 key pair without a passphrase where there is none; gives the public key. */
export const ensureLoginKey = async (path: string): Promise<string> => {
  const present = await readFile(`${path}.pub`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (present !== undefined) return parsePublicKey(present);
  const keygen = startProcess('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tearless', '-f', path]);
  let stderr = '';
  keygen.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  keygen.stdout.resume();
  // It asks whether to overwrite a private key that lies there without its public one: no.
  keygen.stdin.end('n\n');
  const { exitCode } = await keygen.ended;
  if (exitCode === 0) return parsePublicKey(await readFile(`${path}.pub`, 'utf8'));
  throw new HostError({
    kind: 'failed',
    code: 'ssh-key-not-made',
    message: `no key pair could be made at ${path}`,
    hint: 'see whether the directory exists and a private key lies there without its public one',
    place: 'local',
    lines: lastLines(stderr),
  });
};
