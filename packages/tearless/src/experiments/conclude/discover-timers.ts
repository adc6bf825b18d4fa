// Timers that restart relays, whatever their names: recognised by what they start, not by how they are called. Pure.
import { parseUnitFile } from '../../daemon/drop-in.ts';
import type { FileFacts, HostFacts, TimerFacts } from '../../facts/observed.ts';
import { type EndedExperiment, readTreatments } from './ended-experiment.ts';
import { type Leaving, unitDirectory } from './leaving.ts';
import { parseSpan } from './span.ts';

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `tor-restart@a.service` → `tor-restart@.service` and `a`. */
const splitInstance = (unit: string): { readonly template: string; readonly instance: string } | undefined => {
  const [, prefix, instance, type] = /^([^@]+@)(.+)\.(service|timer)$/.exec(unit) ?? [];
  return prefix === undefined || instance === undefined ? undefined : { template: `${prefix}.${type}`, instance };
};

const findUnitFile = (files: readonly FileFacts[], unit: string): FileFacts | undefined => {
  const template = splitInstance(unit)?.template;
  const byName = (name: string) => files.find(({ path }) => path === `${unitDirectory}/${name}`);
  return byName(unit) ?? (template === undefined ? undefined : byName(template));
};

const values = (file: FileFacts | undefined, section: string, key: string): string[] =>
  file === undefined
    ? []
    : parseUnitFile(file.text).flatMap((entry) =>
        entry.section === section && entry.key === key ? [entry.value] : [],
      );

/** Instances of tor that a service restarts, by its commands; its own instance stands for `%i`. */
const restartedBy = (service: string, file: FileFacts | undefined): string[] => {
  const own = splitInstance(service)?.instance ?? '';
  return values(file, 'Service', 'ExecStart').flatMap((command) =>
    /systemctl\b.*\b(re-?start|try-restart|reload|reload-or-restart|stop|kill)\b/.test(command)
      ? [...command.matchAll(/\btor@([^\s;'"]+)/g)].map(([, name = '']) =>
          name.replace(/\.service$/, '').replace(/%[iI]/g, own),
        )
      : [],
  );
};

/** Names that say what they are for: `tor-restart-a.timer`, `tor-restart@a.timer`, `restart-tor-a.timer`. */
const nameOfRestart = /^(?:tor-restart|restart-tor)[-@](.+)\.(?:timer|service)$/;

const repeatSeconds = (file: FileFacts | undefined): number | undefined =>
  [...values(file, 'Timer', 'OnUnitActiveSec'), ...values(file, 'Timer', 'OnUnitInactiveSec')]
    .map(parseSpan)
    .find((span) => span !== undefined);

const hours = (span: number): string => `${Number((span / 3600).toFixed(2))} h`;

export const timerId = (host: string, unit: string): string => `${host}:${unit}`;

interface Judged {
  readonly verdict: Leaving['verdict'];
  readonly evidence: readonly string[];
}

const discoverTimer = (facts: HostFacts, timer: TimerFacts, experiment: EndedExperiment): Leaving | undefined => {
  const files = facts.restartUnits ?? [];
  const service = timer.activates ?? timer.unit.replace(/\.timer$/, '.service');
  const serviceFile = findUnitFile(files, service);
  const byCommand = restartedBy(service, serviceFile);
  const byName = nameOfRestart.exec(timer.unit)?.[1];
  const known = facts.instances.map(({ name }) => name);
  const targets = byCommand.length > 0 ? byCommand : byName !== undefined && known.includes(byName) ? [byName] : [];
  const [instance] = targets;
  if (instance === undefined) return undefined;
  const timerFile = findUnitFile(files, timer.unit);
  const relay = `${facts.host}/${instance}`;
  const starts =
    byCommand.length > 0
      ? `it starts ${service}, which restarts tor@${targets.join(', tor@')}`
      : `it starts ${service}, which has no unit file; by its name it restarts tor@${instance}`;
  const armId = experiment.armOf.get(relay);
  const treatment = armId === undefined ? undefined : readTreatments(experiment).get(armId);
  const every = repeatSeconds(timerFile);
  const judge = (): Judged => {
    if (!experiment.armOf.has(relay))
      return { verdict: 'ask', evidence: [starts, `${relay} is not in the experiment`] };
    if (treatment?.restartEverySeconds === undefined)
      return {
        verdict: 'ask',
        evidence: [starts, `${relay} is in ${treatment?.label ?? 'no arm'}, which restarts nothing`],
      };
    const wanted = treatment.restartEverySeconds;
    if (every === undefined || every === wanted)
      return {
        verdict: 'remove',
        evidence: [
          starts,
          `${treatment.label} restarts its relays every ${hours(wanted)}${every === undefined ? '' : ', as this timer does'}`,
        ],
      };
    return {
      verdict: 'ask',
      evidence: [
        starts,
        `${treatment.label} restarts its relays every ${hours(wanted)}, this timer every ${hours(every)}`,
      ],
    };
  };
  const { verdict, evidence } = judge();
  const isOurBusiness = nameOfRestart.test(timer.unit) && targets.length === 1;
  return {
    id: timerId(facts.host, timer.unit),
    host: facts.host,
    relay,
    path: timer.path ?? timerFile?.path ?? `${unitDirectory}/${timer.unit}`,
    text: `${timer.unit} (${timer.activeState ?? 'not loaded'}, ${timer.unitFileState})`,
    origin: 'experiment',
    verdict: verdict === 'remove' && !isOurBusiness ? 'by-hand' : verdict,
    evidence: isOurBusiness ? evidence : [...evidence, 'the helper has no business with a timer of this name'],
    action: {
      kind: 'timer',
      unit: timer.unit,
      isActive: timer.activeState === 'active',
      isEnabled: timer.unitFileState === 'enabled',
    },
  };
};

const restartsNothingElse = (file: FileFacts): boolean =>
  values(file, 'Service', 'ExecStart').every((command) => /systemctl\b.*\btor@/.test(command));

/** Unit files that those timers are made of: they go with the last timer that needs them. */
const discoverUnitFiles = (facts: HostFacts, timers: readonly Leaving[], experiment: EndedExperiment): Leaving[] => {
  const files = facts.restartUnits ?? [];
  const others = facts.timers.filter(({ unit }) => !timers.some((timer) => timer.id === timerId(facts.host, unit)));
  const needs = (file: FileFacts, unit: string, activates: string | undefined): boolean =>
    findUnitFile(files, unit)?.path === file.path ||
    (activates !== undefined && findUnitFile(files, activates)?.path === file.path);
  const activatesOf = new Map(facts.timers.map((timer) => [timerId(facts.host, timer.unit), timer.activates]));
  const hasRestarts = [...readTreatments(experiment).values()].some((arm) => arm.restartEverySeconds !== undefined);
  return files.flatMap((file): Leaving[] => {
    const users = timers.filter(
      ({ id, action }) => action.kind === 'timer' && needs(file, action.unit, activatesOf.get(id)),
    );
    const foreign = others.filter((timer) => timer.activates !== undefined && needs(file, timer.unit, timer.activates));
    const isOrphan = users.length === 0 && foreign.length === 0;
    if (users.length === 0 && (foreign.length > 0 || !hasRestarts || !restartsNothingElse(file))) return [];
    const evidence = isOrphan
      ? ['it restarts tor and nothing else, no timer needs it, and the experiment has arms that restart']
      : [
          users.length === 1
            ? `${users[0]?.text.split(' ')[0]} needs it`
            : `${users.length} timers that restart relays need it`,
        ];
    return [
      {
        id: `${facts.host}:${file.path}`,
        host: facts.host,
        path: file.path,
        text: fileName(file.path),
        origin: 'experiment',
        verdict: foreign.length > 0 ? 'ask' : 'remove',
        evidence:
          foreign.length === 0 ? evidence : [...evidence, `so does ${foreign.map(({ unit }) => unit).join(', ')}`],
        action: { kind: 'unit-file', sha256: file.sha256, usedBy: users.map(({ id }) => id) },
      },
    ];
  });
};

export const discoverTimers = (facts: HostFacts, experiment: EndedExperiment): Leaving[] => {
  const timers = facts.timers
    .filter(({ unit }) => !unit.startsWith('tearless-') && !/@\.timer$/.test(unit))
    .flatMap((timer) => discoverTimer(facts, timer, experiment) ?? []);
  return [...timers, ...discoverUnitFiles(facts, timers, experiment)];
};
