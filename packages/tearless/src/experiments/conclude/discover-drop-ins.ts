// Drop-ins that somebody wrote by hand to give a relay another allocator. What else stands in them stays. Pure.
import { mergeEnvironment } from '../../daemon/drop-in.ts';
import { instancePaths, isInstanceName } from '../../daemon/instance.ts';
import type { AllocatorLibrary, HostFacts, InstanceFacts } from '../../facts/observed.ts';
import { removeVariables } from './drop-in-edit.ts';
import { type EndedExperiment, readTreatments, type Treatment } from './ended-experiment.ts';
import { type Leaving, unitDirectory } from './leaving.ts';

const allocatorVariable =
  /^(LD_PRELOAD|MALLOC_(ARENA_|TRIM_|TOP_PAD_|MMAP_|CONF).*|MIMALLOC_.*|TCMALLOC_.*|GLIBC_TUNABLES)$/;

/** The allocator that a library's name tells: `libmimalloc.so.2` → `mimalloc`. */
const allocatorOf = (library: string, libraries: readonly AllocatorLibrary[]): string | undefined =>
  libraries.find(({ path, aliases = [] }) => path === library || aliases.includes(library))?.allocator ??
  /lib(mimalloc|jemalloc|tcmalloc)/.exec(library)?.[1];

interface Judged {
  readonly verdict: Leaving['verdict'];
  readonly evidence: readonly string[];
}

const judge = (library: string | undefined, relay: string, facts: HostFacts, experiment: EndedExperiment): Judged => {
  if (library === undefined)
    return { verdict: 'ask', evidence: ['it tunes an allocator and preloads none; no arm says that it did'] };
  const treatments = readTreatments(experiment);
  const armId = experiment.armOf.get(relay);
  const own = armId === undefined ? undefined : treatments.get(armId);
  const gives = ({ library: given, allocator }: Treatment): boolean =>
    given === undefined
      ? allocator !== undefined && allocator === allocatorOf(library, facts.libraries)
      : given === library;
  if (own !== undefined && gives(own))
    return {
      verdict: 'remove',
      evidence: [`${relay} is in ${own.label}, which preloads ${own.library ?? own.allocator}`],
    };
  const other = [...treatments.values()].find(gives);
  if (!experiment.armOf.has(relay))
    return {
      verdict: 'ask',
      evidence: [
        `${relay} is not in the experiment`,
        ...(other === undefined ? [] : [`${other.label} preloads the same library`]),
      ],
    };
  const label = own?.label ?? 'no arm';
  return other === undefined
    ? { verdict: 'ask', evidence: [`${relay} is in ${label}, and no arm preloads ${library}`] }
    : {
        verdict: 'remove',
        evidence: [`${relay} is in ${label}, and carries what ${other.label} preloads: ${library}`],
      };
};

const discoverDropIn = (
  facts: HostFacts,
  instance: InstanceFacts,
  file: InstanceFacts['dropIns'][number],
  experiment: EndedExperiment,
): Leaving | undefined => {
  const variables = mergeEnvironment([file.text]);
  const names = [...variables.keys()].filter((name) => allocatorVariable.test(name));
  if (names.length === 0) return undefined;
  const relay = `${facts.host}/${instance.name}`;
  const library = variables.get('LD_PRELOAD');
  const { verdict, evidence } = judge(library === '' ? undefined : library, relay, facts, experiment);
  const edit = removeVariables(file.text, (name) => allocatorVariable.test(name));
  const isOwnFolder = file.path.startsWith(`${unitDirectory}/${instance.unit}.d/`);
  const after = edit?.text ?? null;
  const stays = after === null ? 'nothing else stands in it' : 'what else stands in it stays';
  const why = !isOwnFolder
    ? 'it applies to other units too'
    : edit === undefined
      ? 'it continues lines, which are better edited by hand'
      : undefined;
  return {
    id: `${facts.host}:${file.path}`,
    host: facts.host,
    relay,
    path: file.path,
    ...(edit?.lines[0] === undefined ? {} : { line: edit.lines[0].line }),
    text: edit?.lines.map((line) => line.text.trim()).join('; ') ?? names.join(', '),
    origin: 'experiment',
    verdict: why === undefined ? verdict : 'by-hand',
    evidence: [...evidence, why ?? stays],
    action: { kind: 'drop-in', after },
  };
};

export const discoverDropIns = (facts: HostFacts, experiment: EndedExperiment): Leaving[] => {
  const seen = new Set<string>();
  return facts.instances.flatMap((instance) => {
    if (!isInstanceName(instance.name)) return [];
    const { dropInPath } = instancePaths(instance.name);
    return instance.dropIns.flatMap((file): Leaving[] => {
      if (file.path === dropInPath || seen.has(file.path)) return [];
      const leaving = discoverDropIn(facts, instance, file, experiment);
      if (leaving === undefined) return [];
      seen.add(file.path);
      return [leaving];
    });
  });
};
