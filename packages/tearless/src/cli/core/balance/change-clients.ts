// Adding and revoking clients of a restricted service: what would be done and said, and the doing.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { renderClientCredential, renderClientKey } from '@tearless/tor/hsdesc/client-auth-files.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { x25519PublicKey } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import {
  checkClientName,
  clientFileName,
  parseClientPublicKey,
  renderClientFile,
} from '../../../balance/keys/client-list.ts';
import { findRead, readBalanceStatus } from '../../../balance/run/status.ts';
import { didYouMean } from '../../../base/did-you-mean.ts';
import type { JsonObject } from '../../../base/json.ts';
import { setKey } from '../../../config/splice.ts';
import { formatInstant } from '../../../report/format.ts';
import { refusal, usageError } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { openJournal } from '../journal-store.ts';
import { replaceFile, writeNewFile } from '../own-files.ts';
import { readServiceClients } from './service-clients.ts';

export interface ClientChange<Question extends string | null> {
  /** For people, before the question. */
  readonly notes: readonly string[];
  /** Null: nothing that a person has to agree to. */
  readonly question: Question;
  readonly write: () => void;
  readonly value: JsonObject;
  readonly lines: readonly string[];
}

const takesEffect = 'a running balancer knows of it within minutes';

/** @throws CliError `balance-client-exists`, BalanceError `balance-client`, and what reading the configuration throws */
export const addClient = async (
  context: CommandContext,
  {
    name,
    text,
    publicKey: given,
    out,
  }: {
    readonly name: string;
    readonly text: string;
    readonly publicKey: string | undefined;
    readonly out: string | undefined;
  },
): Promise<ClientChange<string | null>> => {
  checkClientName(name);
  if (given !== undefined && out !== undefined)
    throw usageError('with --public-key there is no secret key to write', 'leave --out out');
  const { declared, service, isRestricted, folder, written, clients } = await readServiceClients(context, text);
  const secret = given === undefined ? new Sensitive(new Uint8Array(randomBytes(32))) : undefined;
  const publicKey = secret === undefined ? parseClientPublicKey(given ?? '', '--public-key') : x25519PublicKey(secret);
  const same = clients.find((one) => one.name === name || Buffer.compare(one.publicKey, publicKey) === 0);
  if (same !== undefined)
    throw refusal({
      code: 'balance-client-exists',
      message: `${service.name} has the client ${same.name} already${same.name === name ? '' : ', with this key'}`,
      hint: `'tearless balance clients revoke ${same.name} ${service.name}' first, or take another name`,
      subject: same.name,
    });
  const { address } = service;
  if (secret !== undefined && address === undefined)
    throw refusal({
      code: 'balance-address-unknown',
      message: `the address of ${service.name} is not known here, and a client’s file names it`,
      hint: `write it down in ${declared.file.path} (address: ….onion), or give the client’s --public-key`,
    });
  const outFile = out === undefined ? undefined : resolve(context.surroundings.cwd, out);
  const credential =
    secret === undefined || address === undefined
      ? undefined
      : renderClientCredential({ publicKey: parseOnionAddress(address), secret });
  const notes = [
    ...(isRestricted
      ? []
      : [
          `everyone who knows the address may find ${service.name} now; with its first client nobody else can`,
          `  ${declared.file.path} gets the line clients: ${written}; then restart a running balancer`,
        ]),
    ...(credential === undefined || outFile !== undefined
      ? []
      : ['the secret key is shown on this terminal once; --out FILE writes it to a file instead']),
  ];
  const write = (): void => {
    if (outFile !== undefined && credential !== undefined)
      writeNewFile(outFile, `${credential.reveal()}\n`, 'name another file', 0o600);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, clientFileName(name));
    writeNewFile(file, renderClientFile({ name, publicKey }), 'take another name', 0o600);
    if (isRestricted) return;
    const { path, text: before } = declared.file;
    try {
      replaceFile(path, before, setKey(before, ['onions', service.name], 'clients', written));
    } catch (error) {
      rmSync(file);
      throw error;
    }
  };
  const shown = outFile === undefined ? credential?.reveal() : undefined;
  return {
    notes,
    question: notes.length === 0 ? null : `add ${name} to ${service.name}`,
    write,
    value: {
      service: service.name,
      address: address ?? null,
      client: name,
      publicKey: renderClientKey(publicKey),
      credential: shown ?? null,
      file: outFile ?? null,
    },
    lines: [
      ...(shown === undefined ? [] : [shown]),
      ...(outFile === undefined
        ? []
        : [`written: ${outFile}, for the ClientOnionAuthDir of ${name}'s tor; then remove it here`]),
      ...(shown === undefined ? [`${name} may find ${service.name}: ${takesEffect}`] : []),
    ],
  };
};

/** @throws CliError `cli-usage` for a client that there is not, and what reading the configuration throws */
export const revokeClient = async (
  context: CommandContext,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<ClientChange<string>> => {
  const { service, folder, clients } = await readServiceClients(context, text);
  const known = clients.map((client) => client.name);
  if (!known.includes(name))
    throw usageError(
      `${service.name} has no client '${name}'`,
      didYouMean(name, known) ?? `its clients: ${known.join(', ') || 'none'}`,
    );
  const periodEndMs = await readPeriodEnd(context, service.address);
  const isLast = known.length === 1;
  return {
    notes: [
      `descriptors that ${name} has read already stay readable: tor’s own clients forget them when the time period ends, ${periodEndMs === null ? 'within a day' : `at ${formatInstant(periodEndMs)}`};`,
      '  a client made for it can use their introduction points until the workers replace them, which takes up to a day',
      ...(isLast ? [`${name} is the last client: nobody will find ${service.name} then`] : []),
    ],
    question: `revoke ${name}`,
    write: () => rmSync(join(folder, clientFileName(name))),
    value: { service: service.name, client: name, clients: known.length - 1, periodEndMs },
    lines: [
      `${name} finds ${service.name} no more: ${takesEffect}`,
      ...(isLast
        ? [`to open the service to everyone, take 'clients' of ${service.name} out of the configuration`]
        : []),
    ],
  };
};

/** When clients look for another descriptor, from what the balancer has published last; null where it never ran here. */
const readPeriodEnd = async (context: CommandContext, address: string | undefined): Promise<number | null> => {
  const nowMs = context.surroundings.clock.now();
  await using store = await openJournal(context);
  const frontend = (await readBalanceStatus(store, nowMs)).find((one) => one.address === address);
  const endMs = findRead(frontend?.rounds ?? [])?.periodEndMs;
  return endMs === undefined || endMs <= nowMs ? null : endMs;
};
