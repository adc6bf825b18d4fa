// An experiment set up by hand, as published scripts set it up: what they leave on a host, beside what others have there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { sh } from '../support/fault-fleet.ts';

export const experiment = '2025-12-26-co-memory-test';

export const paths = {
  alphaDropIn: '/etc/systemd/system/tor@alpha.service.d/allocator.conf',
  bravoDropIn: '/etc/systemd/system/tor@bravo.service.d/override.conf',
  charlieDropIn: '/etc/systemd/system/tor@charlie.service.d/10-site.conf',
  restartService: '/etc/systemd/system/tor-restart@.service',
  restartTimer: '/etc/systemd/system/tor-restart-delta.timer',
  restartTemplate: '/etc/systemd/system/tor-restart@.timer',
  charlieTorrc: '/etc/tor/instances/charlie/torrc',
  charlieDecoy: '/var/lib/tor-instances/charlie/torrc',
  deltaTorrc: '/etc/tor/instances/delta/torrc',
  crontab: '/var/spool/cron/crontabs/operator',
} as const;

export const jemalloc = '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2';
export const mimalloc = '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2';

/** What a site has in the same drop-in as the experiment, and keeps. */
export const siteLines = ['# of this site', 'User=root', 'LimitNOFILE=65536', 'LANG=C.UTF-8'];

export const foreignJobs = [
  '0 3 * * * /usr/bin/backup --exclude not-the-co-memory-test-at-all',
  `0 4 * * * rsync -a /home/krim/reports/${experiment}/ backup:/srv/`,
  '@weekly /usr/local/bin/other',
];
export const ownJobs = [
  `0 */6 * * * /home/krim/tools/collect.sh --output /home/krim/reports/${experiment}/memory_measurements.csv`,
  `15 5 * * * cd /home/krim/reports/${experiment} && python3 chart-memory.py`,
];

const files: Readonly<Record<string, string>> = {
  [paths.alphaDropIn]: `[Service]\nEnvironment="LD_PRELOAD=${jemalloc}"\n`,
  [paths.bravoDropIn]: `# of this site\n[Service]\nUser=root\nEnvironment="LANG=C.UTF-8" "LD_PRELOAD=${mimalloc}"\nLimitNOFILE=65536\n`,
  [paths.charlieDropIn]: '[Service]\nEnvironment=NOTE=kept\n',
  [paths.restartService]:
    '[Unit]\nDescription=Restart Tor relay %i\n\n[Service]\nType=oneshot\nExecStart=/bin/systemctl restart tor@%i\n',
  [paths.restartTimer]:
    '[Unit]\nDescription=Restart tor@delta every 24 hours\n\n[Timer]\nOnBootSec=24h\nOnUnitActiveSec=24h\nRandomizedDelaySec=300\nUnit=tor-restart@delta.service\n\n[Install]\nWantedBy=timers.target\n',
  [paths.restartTemplate]:
    '[Unit]\nDescription=Restart tor@%i every day\n\n[Timer]\nOnUnitActiveSec=1d\n\n[Install]\nWantedBy=timers.target\n',
  [paths.charlieDecoy]: 'Nickname decoy\nMaxConsensusAgeForDiffs 14400\n',
  [paths.crontab]: `# mine\nMAILTO=""\n${ownJobs[0]}\n${foreignJobs.join('\n')}\n${ownJobs[1]}\n`,
};

const write = 'umask 022; mkdir -p "$(dirname "$1")"; printf %s "$2" >"$1"';

/** Does to the host what the experiment's scripts did, and what an earlier experiment forgot. */
export const plant = async (host: LabHost): Promise<void> => {
  await sh(host, 'mkdir -p /var/spool/cron/crontabs; chmod 1730 /var/spool/cron/crontabs');
  for (const [path, text] of Object.entries(files)) await sh(host, write, path, text);
  await sh(host, 'chown operator "$1"; chmod 600 "$1"', paths.crontab);
  await sh(host, 'echo "MaxConsensusAgeForDiffs 14400" >>"$1"', paths.charlieTorrc);
  await sh(host, 'echo "DirCache 0" >>"$1"', paths.deltaTorrc);
  await sh(
    host,
    'systemctl daemon-reload; systemctl enable --quiet --now tor-restart-delta.timer tor-restart@delta.timer',
  );
  await sh(host, 'systemctl restart tor@alpha tor@bravo tor@delta; systemctl reload tor@charlie');
};

const arms = { alpha: 'A', bravo: 'B', charlie: 'D', delta: 'F' };

/** The experiment's data, as its scripts wrote it: a folder to import. */
export const writeData = (folder: string, fingerprints: Readonly<Record<string, string>>): string => {
  mkdirSync(folder, { recursive: true });
  const groups = {
    A: { name: 'jemalloc', config: { allocator: 'jemalloc', ld_preload: jemalloc } },
    B: { name: 'mimalloc', config: { allocator: 'mimalloc', ld_preload: mimalloc } },
    D: { name: 'consensus-4h', config: { MaxConsensusAgeForDiffs: 14400 } },
    F: { name: 'restart-24h', config: { restart_interval: '24h' } },
  };
  const info = { id: experiment, name: 'Memory test', server: 'co', start_date: '2025-12-26', end_date: '', groups };
  writeFileSync(join(folder, 'experiment.json'), JSON.stringify(info));
  const relays = Object.entries(arms);
  const config = relays.map(([name, arm]) => `${fingerprints[name]},${name},${arm},glibc,,`);
  writeFileSync(
    join(folder, 'relay_config.csv'),
    `${['fingerprint,nickname,group,allocator,config,notes', ...config].join('\n')}\n`,
  );
  const rows = Array.from({ length: 20 }, (_, index) => {
    const at = new Date(Date.now() - (20 - index) * 6 * 3_600_000).toISOString().slice(0, 19);
    return relays.map(([name, arm], relay) => {
      const rss = 40_000 + 1_000 * relay + 37 * ((index * 7) % 11);
      return `${at},co,relay,${fingerprints[name]},${name},${arm},${rss},90000,${rss + 500},1.5,,,,,`;
    });
  });
  const header =
    'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb';
  writeFileSync(join(folder, 'memory_measurements.csv'), `${[header, ...rows.flat()].join('\n')}\n`);
  return folder;
};
