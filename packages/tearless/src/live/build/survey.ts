// All headers of a configured tree in one source file: its debug information has every type that they define, before anything else
// is compiled. Pure text.

/** Parts of headers that only their own source file sees. */
const hidden = /^\s*#\s*(?:ifdef|if\s+defined)\s*\(?\s*(\w*(?:PRIVATE|INTERNAL|EXPOSE)\w*)/gm;

/** @param headers by the name that they are included by, `core/or/or.h`, with their texts */
export const renderSurvey = (headers: ReadonlyMap<string, string>): string => {
  const macros = [...headers.values()].flatMap((text) =>
    [...text.matchAll(hidden)].flatMap(([, macro]) => macro ?? []),
  );
  return [
    ...[...new Set(macros)].map((macro) => `#define ${macro}\n`),
    ...['orconfig.h', 'core/or/or.h', ...headers.keys()].map((header) => `#include "${header}"\n`),
  ].join('');
};

/** Arguments: OUT, which was configured and has survey.c. Leaves survey.o, or says on standard error what does not compile. */
export const surveyScript = `set -eu
cd "$1/build"
cc -DHAVE_CONFIG_H -I. -I../source -I../source/src -I../source/src/ext -I../source/src/ext/trunnel -I../source/src/trunnel \\
  -g -w -fno-eliminate-unused-debug-types -c -o "$1/survey.o" "$1/survey.c"
`;

/** Of a survey that does not compile: the headers that led to it, which want others before them. */
export const listOffenders = (survey: string, said: string): string[] => {
  const lines = survey.split('\n');
  const numbers = [...said.matchAll(/survey\.c:(\d+)/g)].map(([, number]) => Number(number));
  return [...new Set(numbers)].flatMap((number) => /^#include "(.*)"$/.exec(lines[number - 1] ?? '')?.[1] ?? []);
};
