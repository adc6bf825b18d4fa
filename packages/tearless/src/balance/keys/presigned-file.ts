// The file of keys made ahead: JSON that the service's own key has signed, so that a changed or a foreign one is refused.
// Text in, values out; what is refused is never quoted, as it may be a secret.
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { createVerifier } from '@tearless/tor/onion/native-key.ts';
import { signExpanded } from '@tearless/tor/onion/secret-key.ts';
import { timePeriodNumbered } from '@tearless/tor/onion/time-period.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { z } from 'zod';
import { renderCanonicalJson } from '../../base/json.ts';
import { BalanceError } from '../balance-error.ts';
import type { FrontendKey } from '../publish/period-keys.ts';
import { type Presigned, type PresignedPeriod, signatureBytes } from './presigned.ts';

export const presignedSchema = 'tearless.presigned-keys/v1';

/** What stands before the text that is signed: the service's key signs nothing else in this form. */
const signaturePrefix = 'Tearless presigned keys v1\n';
const hourMs = 3_600_000;

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'not base64');
const key = base64.length(44);

const Period = z.strictObject({
  number: z.int().nonnegative(),
  signingSeed: key,
  counterKey: key,
  firstExpiryHour: z.int().positive().max(0xffff_ffff),
  certificateSignatures: base64,
});

const PresignedDocument = z.strictObject({
  schema: z.literal(presignedSchema),
  address: z.string(),
  made: z.iso.datetime(),
  periodMinutes: z.int().positive().max(14_400),
  offsetSeconds: z
    .int()
    .nonnegative()
    .max(7 * 86_400),
  periods: z.array(Period).min(1),
  signature: base64.length(88),
});
type PresignedDocument = z.infer<typeof PresignedDocument>;

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

const signedText = (document: Omit<PresignedDocument, 'signature'>): Buffer =>
  Buffer.from(signaturePrefix + renderCanonicalJson(document));

/** @returns what is to be written with mode 0600 */
export const renderPresigned = (presigned: Presigned, { secret, publicKey }: FrontendKey): Sensitive<string> => {
  const { address, madeMs, rules, periods } = presigned;
  const document = {
    schema: presignedSchema,
    address,
    made: new Date(madeMs).toISOString(),
    periodMinutes: rules.periodMinutes,
    offsetSeconds: rules.offsetSeconds,
    periods: periods.map((one) => ({
      number: one.period.number,
      signingSeed: encode(one.signingSeed.reveal()),
      counterKey: encode(one.counterKey.reveal()),
      firstExpiryHour: one.firstExpiryMs / hourMs,
      certificateSignatures: encode(one.certificateSignatures),
    })),
  } satisfies Omit<PresignedDocument, 'signature'>;
  const signature = encode(signExpanded(secret, publicKey, signedText(document)));
  return new Sensitive(`${JSON.stringify({ ...document, signature }, undefined, 1)}\n`);
};

/** A file of keys made ahead, as opposed to a key itself, begins so. */
export const isPresigned = (bytes: Uint8Array): boolean => bytes[0] === 0x7b;

/**
 * @param path for errors
 * @throws BalanceError `balance-presigned`
 */
export const parsePresigned = (text: string, path: string): Presigned => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(path, 'it is not JSON: was it cut off?');
  }
  const checked = PresignedDocument.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw refuse(path, `${issue?.path.join('.') || 'its content'}: ${issue?.message ?? 'not as expected'}`);
  }
  const { signature, ...document } = checked.data;
  let publicKey: Uint8Array;
  try {
    publicKey = parseOnionAddress(document.address);
  } catch (error) {
    throw refuse(path, error instanceof Error ? error.message : String(error));
  }
  const signatureOfKey = decode(signature);
  // One spelling only, so that no other file is as good.
  const isSigned =
    encode(signatureOfKey) === signature && createVerifier(publicKey)(signedText(document), signatureOfKey);
  if (!isSigned) throw refuse(path, `the key of ${document.address} has not signed this content`);
  const rules = { periodMinutes: document.periodMinutes, offsetSeconds: document.offsetSeconds };
  const periods = document.periods.map((one): PresignedPeriod => {
    const signatures = decode(one.certificateSignatures);
    if (signatures.length === 0 || signatures.length % signatureBytes !== 0)
      throw refuse(path, `period ${one.number}: half a certificate`);
    return {
      period: timePeriodNumbered(rules, one.number),
      signingSeed: new Sensitive(decode(one.signingSeed)),
      counterKey: new Sensitive(decode(one.counterKey)),
      firstExpiryMs: one.firstExpiryHour * hourMs,
      certificateSignatures: signatures,
    };
  });
  const gap = periods.findIndex(
    ({ period }, index) => index > 0 && period.number !== (periods[index - 1]?.period.number ?? 0) + 1,
  );
  if (gap !== -1) throw refuse(path, `the period ${periods[gap]?.period.number} does not follow the one before it`);
  return { address: document.address, publicKey, madeMs: Date.parse(document.made), rules, periods };
};

const refuse = (path: string, why: string): BalanceError =>
  new BalanceError({
    kind: 'config',
    code: 'balance-presigned',
    place: 'config',
    message: `${path} is no file of keys made ahead: ${why}`,
    hint: "make it again where the key of the address lies: 'tearless balance keys presign'",
    subject: path,
  });
