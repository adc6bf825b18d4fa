// Arbitrary torrc texts for property tests: pieces that matter to the parser in any order, valid or not.
import fc from 'fast-check';

const pieces = [
  'Nickname',
  'ORPort',
  'ContactInfo',
  'ExitPolicy',
  '%include',
  'HiddenServiceDir',
  'HiddenServicePort',
  'X',
  ' ',
  '  ',
  '\t',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\\',
  '\\\n',
  '\\\r\n',
  '#',
  '# note',
  '"',
  '"a b"',
  '"\\x41"',
  '"\\q"',
  '+',
  '/',
  'a',
  '1',
  'é',
  '\v',
];

/** Mostly line noise made of the format's own tokens. */
export const torrcTexts: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...pieces), { maxLength: 24 })
  .map((parts) => parts.join(''));

const names = fc.constantFrom('Nickname', 'ORPort', 'ExitPolicy', 'ContactInfo', 'orport', '%include', 'Unheard0f');
const values = fc.constantFrom('a', '9001', 'reject *:*', '"quoted # value"', 'a \\\n  # c\n b', '');
const line = fc.oneof(
  fc.constantFrom('', '# comment', '   ', '  # indented'),
  fc
    .tuple(
      fc.constantFrom('', '  ', '\t'),
      fc.constantFrom('', '', '+', '/'),
      names,
      values,
      fc.constantFrom('', ' # why'),
    )
    .filter(([, prefix, name, value]) => name !== '%include' || (value !== '' && prefix !== '/'))
    .map(([indent, prefix, name, value, tail]) => `${indent}${prefix}${name} ${value}${tail}`),
);

/** Files that parse, with LF or CR LF throughout, with or without a final newline, with or without onion services. */
export const validTorrcs: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(line, { maxLength: 8 }),
    fc.array(fc.constantFrom('HiddenServiceDir /one', '  HiddenServicePort 80', '# service', 'HiddenServiceDir /two'), {
      maxLength: 4,
    }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\n', '\nContactInfo open \\', '\nContactInfo open \\\n', '\nX y \\\n# c'),
  )
  .map(([main, services, newline, end]) => [...main, ...services].join('\n').concat(end).replaceAll('\n', newline));
