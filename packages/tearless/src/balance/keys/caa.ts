// CAA records of an onion service, which say what certificate authorities may do for its address: RFC 8659 §4, in a
// descriptor as proposal 343 has it (`caa 0 issue "example.com"`). Checked where they come from.
import type { CaaRecord } from '@tearless/tor/hsdesc/inner.ts';
import { BalanceError } from '../balance-error.ts';

/** RFC 8659 §4.2: an authority's domain, then parameters; either may be missing. */
const label = '[A-Za-z0-9](?:-*[A-Za-z0-9])*';
const parameter = `[ \\t]*${label}[ \\t]*=[ \\t]*[\\x21-\\x3a\\x3c-\\x7e]*[ \\t]*`;
const issueValue = new RegExp(
  `^[ \\t]*(?:${label}(?:\\.${label})*)?[ \\t]*(?:;(?:${parameter}(?:;${parameter})*|[ \\t]*))?$`,
);

/** Values of the properties that are known; others may hold anything that can stand on the line. */
const values: ReadonlyMap<string, { readonly form: RegExp; readonly what: string }> = new Map([
  ...['issue', 'issuewild', 'issuemail', 'issuevmc'].map(
    (tag) => [tag, { form: issueValue, what: 'the domain of an authority and its parameters, or ; for none' }] as const,
  ),
  ['iodef', { form: /^(?:mailto:[^\s@]+@[^\s@]+|https?:\/\/[^\s/]+.*)$/, what: 'a mailto: or https: address' }],
]);

/** Bit 7 is "critical"; the others mean nothing yet and shall be zero (§4.1). */
const criticalFlag = 128;

/**
 * @param text what stands behind `caa `: flags, tag, and the value in quotation marks
 * @throws BalanceError `balance-caa`
 */
export const parseCaa = (text: string, subject: string): CaaRecord => {
  const [, flags = '', tag = '', quoted = ''] = /^(\d{1,3}) ([A-Za-z0-9]+) (.+)$/.exec(text) ?? [];
  const refuse = (why: string): never => {
    throw new BalanceError({
      kind: 'config',
      code: 'balance-caa',
      place: 'config',
      message: `${subject}: ${JSON.stringify(text.slice(0, 120))} is no CAA record: ${why}`,
      hint: 'such as 0 issue "letsencrypt.org"',
      subject,
    });
  };
  if (tag === '') refuse('expected flags, a tag and a value in quotation marks');
  if (![0, criticalFlag].includes(Number(flags))) refuse(`its flags are ${flags}, not 0 or ${criticalFlag}`);
  const value = /^"([\x20\x21\x23-\x5b\x5d-\x7e]*)"$/.exec(quoted)?.[1];
  if (value === undefined) refuse('its value is no printable ASCII text in quotation marks');
  const known = values.get(tag.toLowerCase());
  if (known !== undefined && !known.form.test(value ?? '')) refuse(`the value of ${tag} is not ${known.what}`);
  return { flags: Number(flags), tag, value: quoted };
};
