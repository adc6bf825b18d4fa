// Checks of this machine: Node, OpenSSH, the configuration, the operator's own state.
import { isDescribedError } from '../../../base/error.ts';
import { listRuns, type RunSummary } from '../../../change/read-run.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import { renderStorePlace } from '../../../store/place.ts';
import { type Check, found, passed } from '../check.ts';
import { readConfigFile } from '../config-file.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import { hasJournal, locateStore, openJournal } from '../journal-store.ts';

const oldestNode = [24, 15] as const;

/** @param version `24.21.0` */
export const judgeNode = (version: string): Check => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (isNew) return passed('node', '', version);
  return found('problem', 'node', '', {
    code: 'node-old',
    message: `Node ${version} runs this, ${oldestNode.join('.')} is the oldest that will do`,
    hint: "start it with './tearless', which takes the Node that 'npm ci' installed",
  });
};

export const checkNode = (): Check => judgeNode(process.versions.node);

const sshTools = 'for tool in ssh ssh-keygen; do command -v "$tool" >/dev/null || echo "$tool"; done; ssh -V 2>&1';

/** @param said names of missing programs, then what `ssh -V` says */
export const judgeSsh = (said: string): Check => {
  const lines = said.split('\n').filter((line) => line !== '');
  const missing = lines.filter((line) => line === 'ssh' || line === 'ssh-keygen');
  if (missing.length === 0) return passed('openssh', '', lines.find((line) => /^OpenSSH/.test(line)) ?? 'is there');
  return found('problem', 'openssh', '', {
    code: 'ssh-client-missing',
    message: `${missing.join(' and ')} cannot be found`,
    hint: 'install the package openssh-client',
  });
};

export const checkSsh = async ({ signal }: CommandContext): Promise<Check> => {
  const host = createLocalHost({ name: 'this machine', helper: currentHelper() });
  try {
    return judgeSsh(new TextDecoder().decode((await host.run(sshTools, { signal })).stdout));
  } finally {
    await host.close();
  }
};

/** The configuration as such; the hosts are looked at by others. */
export const checkConfig = async (context: CommandContext): Promise<Check> => {
  try {
    const file = readConfigFile(context);
    const { parseConfig } = await import('../../../config/parse.ts');
    const config = parseConfig(file.text, file.path);
    const hosts = Object.keys(config.hosts).length;
    return passed(
      'configuration',
      '',
      `${file.path} (${file.foundBy}): ${hosts} hosts, ${config.relays.length} relays`,
    );
  } catch (error) {
    if (!isDescribedError(error) || error.kind === 'bug') throw error;
    return found('problem', 'configuration', '', error);
  }
};

const judgeRun = ({ run, fleet, state, outcome }: RunSummary): Check[] => {
  if (state === 'finished') return [];
  if (state === 'open')
    return [
      found('problem', 'runs', run, {
        code: 'run-unfinished',
        message: `changed fleet ${fleet} and ${outcome === undefined ? 'was killed' : `ended ${outcome}`}: nobody works on it`,
        hint: `'tearless run resume ${run}' goes on, 'tearless run undo ${run}' takes it back`,
      }),
    ];
  const message = state === 'running' ? `changes fleet ${fleet} now` : `changes fleet ${fleet} from another machine`;
  return [found('note', 'runs', run, { code: 'run-running', message, hint: `'tearless run show ${run}'` })];
};

/** The state database and what its runs came to; the newest count. */
export const judgeRuns = (path: string, runs: readonly RunSummary[]): Check[] => [
  passed('state', '', `${path}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`),
  ...runs.flatMap(judgeRun),
];

/** Opens the database only where there is one: a doctor makes nothing. */
export const checkState = async (context: CommandContext): Promise<Check[]> => {
  let subject = '';
  try {
    const place = await locateStore(context);
    subject = renderStorePlace(place);
    if (!hasJournal(place)) return [passed('state', '', `${subject}: none yet`)];
    await using store = await openJournal(context, place);
    return judgeRuns(subject, await listRuns(store));
  } catch (error) {
    if (!isDescribedError(error) || error.kind === 'bug') throw error;
    return [found('problem', 'state', subject, error)];
  }
};
