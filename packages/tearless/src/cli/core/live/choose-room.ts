// Which structs of a configured tree get room: asked of the debug information of all its headers, and of its text.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { Host } from '../../../host/host.ts';
import { chooseStructs, type StructChoice } from '../../../live/build/choose-structs.ts';
import { listOffenders, renderSurvey, surveyScript } from '../../../live/build/survey.ts';
import { LiveError } from '../../../live/live-error.ts';
import { listSources } from './tree-sources.ts';

const surveyTimeoutMs = 5 * 60_000;

/** A header that wants others before it is left out, and what it defines gets no room. */
const compileSurvey = async (host: Host, out: string, texts: ReadonlyMap<string, string>, signal: AbortSignal) => {
  const headers = new Map(texts);
  for (;;) {
    const survey = renderSurvey(headers);
    writeFileSync(join(out, 'survey.c'), survey);
    const { exitCode, stderr } = await host.run(surveyScript, { args: [out], signal, timeoutMs: surveyTimeoutMs });
    if (exitCode === 0) return readDebugInfo(readFileSync(join(out, 'survey.o')));
    const offenders = listOffenders(survey, stderr).filter((header) => headers.delete(header));
    if (offenders.length === 0)
      throw new LiveError({
        kind: 'failed',
        code: 'live-survey-failed',
        message: `the headers of this tree cannot be read together:\n${stderr.trim().split('\n').slice(0, 6).join('\n')}`,
        subject: join(out, 'survey.c'),
        hint: '--reserve 0 builds it with the layouts that it has',
      });
  }
};

/** @param out has the tree, configured. @throws LiveError `live-survey-failed` */
export const chooseRoom = async (
  host: Host,
  out: string,
  longs: number,
  signal: AbortSignal,
): Promise<StructChoice> => {
  const tree = join(out, 'source');
  const texts = new Map(listSources(tree).map((name) => [name, readFileSync(join(tree, name), 'latin1')]));
  const headers = new Map(
    [...texts].flatMap(([name, text]) => (name.endsWith('.h') ? [[name.replace(/^src\//, ''), text] as const] : [])),
  );
  try {
    const debug = await compileSurvey(host, out, headers, signal);
    return chooseStructs(debug, [...texts.values()], longs);
  } finally {
    for (const name of ['survey.c', 'survey.o']) if (existsSync(join(out, name))) rmSync(join(out, name));
  }
};
