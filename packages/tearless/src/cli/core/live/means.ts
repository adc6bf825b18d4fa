// What steps of live updates find on the operator's machine: builds, rules, the injector, and ssh-keygen to sign with.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { sha256Hex } from '../../../base/json.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import type { LiveBuild } from '../../../live/apply/live-build.ts';
import type { LiveMeans } from '../../../live/apply/means.ts';
import type { ShippedFile } from '../../../live/apply/params.ts';
import type { Namespace } from '../../../live/keys/namespaces.ts';
import { LiveError } from '../../../live/live-error.ts';
import { parseRules } from '../../../live/rules/rules.ts';
import { readBuild } from '../../../live/verdict/compare-builds.ts';
import { currentHelper } from '../hosts.ts';
import { readBuildDirectory } from './read-build.ts';

/** Taking a build apart takes a second, and a fleet takes one many times. */
const builds = new Map<string, LiveBuild>();

const readLiveBuild = (directory: string): LiveBuild => {
  const { manifest, ...files } = readBuildDirectory(directory);
  const known = builds.get(directory);
  if (known?.manifest.sha256.tor === manifest.sha256.tor && known.manifest.sha256.object === manifest.sha256.object)
    return known;
  const build = { manifest, files, side: readBuild(files) };
  builds.set(directory, build);
  return build;
};

const unreadable = (path: string, code: string, cause: unknown, hint: string): LiveError =>
  new LiveError({
    kind: 'not-found',
    code,
    message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    subject: path,
    hint,
    cause,
  });

const signScript = `exec ssh-keygen -Y sign -f "$1" -n "$2"`;

/** An agent may ask a person to touch something. */
const signTimeoutMs = 120_000;

/** What it says last is no reason where others may read the key. */
export const describeRefusal = (stderr: string): string | undefined => {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.startsWith('Permissions ')) ?? lines.at(-1);
};

const sign = async (namespace: Namespace, content: Uint8Array, key: string): Promise<Uint8Array> => {
  const host = createLocalHost({ name: hostname(), helper: currentHelper() });
  try {
    const { exitCode, stdout, stderr } = await host.run(signScript, {
      args: [key, namespace],
      input: content,
      timeoutMs: signTimeoutMs,
    });
    if (exitCode === 0) return stdout;
    throw new LiveError({
      kind: 'denied',
      code: 'live-key-unusable',
      message: `${key} cannot sign: ${describeRefusal(stderr) ?? `ssh-keygen ended with status ${exitCode}`}`,
      subject: key,
      hint: "'tearless live key make' makes one; a key with a passphrase goes into an agent, and its .pub file is named",
    });
  } finally {
    await host.close();
  }
};

const readRulesFile = (path: string, hint: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, 'live-rules-bad', error, hint);
  }
};

/** Rules to plan with: relays get them as they are now, however long that takes. @throws LiveError `live-rules-bad` */
export const pinRules = (path: string): ShippedFile => ({
  path,
  sha256: sha256Hex(readRulesFile(path, '--rules takes the file that a person has written for this release')),
});

export const liveMeans: LiveMeans = {
  readBuild: readLiveBuild,
  readRules: (path, sha256) => {
    const bytes = readRulesFile(path, 'put back the file that the plan was made with, or plan again');
    if (sha256Hex(bytes) === sha256) return parseRules(new TextDecoder().decode(bytes), path);
    throw new LiveError({
      kind: 'refused',
      code: 'live-rules-changed',
      message: `${path} is not what the plan was made with`,
      subject: path,
      hint: 'put it back as it was, or rehearse what it is now and plan again',
    });
  },
  readInjector: (path, sha256) => {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      throw unreadable(path, 'live-injector-changed', error, 'plan again: it is built anew');
    }
    if (sha256Hex(bytes) === sha256) return bytes;
    throw new LiveError({
      kind: 'refused',
      code: 'live-injector-changed',
      message: `${path} is not the injector that the plan was made with`,
      subject: path,
      hint: 'plan again',
    });
  },
  sign,
};
