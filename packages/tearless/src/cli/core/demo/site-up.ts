// A lab for an onion site that tearless can work on: network, hosts with tors, the hosts enrolled, a key, a configuration.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { type SiteLab, type SiteLabOptions, startSiteLab } from '@tearless/lab/site/site-lab.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { reveal } from '@tearless/tor/sensitive.ts';
import { Document } from 'yaml';
import { enrolLabHost, labLogin } from '../lab-up.ts';

export interface SiteUp {
  readonly lab: SiteLab;
  readonly configPath: string;
  /** The site's address, with `.onion`. */
  readonly address: string;
}

/** The name of the onion service in the configuration. */
export const siteName = 'shop';
const keyFile = 'shop.key';

/** What the configuration says of the worker on one of the lab's tors. */
export const workerEntry = ({ host, instance, backendPort }: SiteLab['tors'][number]) => ({
  host: host.name,
  instance,
  ports: [`80 127.0.0.1:${backendPort}`],
});

/** @param workers so many of the lab's tors are declared as workers */
export const bringSiteUp = async (options: SiteLabOptions & { readonly workers: number }): Promise<SiteUp> => {
  const { name, onProgress, workers } = options;
  const lab = await startSiteLab(options);
  try {
    onProgress?.('the hosts get their ordinary login and the helper');
    const { config: sshConfig, identity } = sshPaths(name);
    const publicKey = (await readFile(`${identity}.pub`, 'utf8')).trim();
    await Promise.all(lab.hosts.map((host) => enrolLabHost(host.name, sshConfig, publicKey)));
    const { folder } = labPaths(name);
    const secret = expandSeed(new Uint8Array(randomBytes(32)));
    const key = encodeKeyFiles(secret).hs_ed25519_secret_key;
    await writeFile(join(folder, keyFile), reveal(key), { mode: 0o600 });
    const document = new Document({
      version: 1,
      fleet: name,
      network: 'lab',
      sshConfig,
      hosts: Object.fromEntries(lab.hosts.map((host) => [host.name, { user: labLogin }])),
      relays: [],
      onions: {
        [siteName]: {
          key: keyFile,
          // So few points fit one descriptor of full size; in those of a plain service's size they must differ.
          policy: 'blend-in',
          ports: [80],
          workers: Object.fromEntries(lab.tors.slice(0, workers).map((tor) => [tor.instance, workerEntry(tor)])),
        },
      },
    });
    const configPath = join(folder, 'tearless.yaml');
    await writeFile(configPath, document.toString({ lineWidth: 0 }), { mode: 0o600 });
    return { lab, configPath, address: encodeOnionAddress(publicKeyOf(secret)) };
  } catch (error) {
    await dropLab(name);
    throw error;
  }
};
