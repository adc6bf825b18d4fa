// The steps of live updates as they stand in a plan. Pure; the code behind them is in steps/.
import type { ChangeItem, StepSpec } from '../../change/plan.ts';
import { instancePaths } from '../../daemon/instance.ts';
import { reloadSystemd } from '../../daemon/step-specs.ts';
import type { BuildManifest } from '../build/manifest.ts';
import type { InjectParams, ShippedFile } from './params.ts';
import { programPath } from './steps/install.ts';
import { liveDropIn } from './steps/use.ts';

/** A build with the directory that it lies in at the operator's. */
export interface NamedBuild {
  readonly manifest: BuildManifest;
  readonly directory: string;
}

const shortId = (id: string): string => id.slice(0, 12);

/** The build's program and the injector lie on the host, and systemd would start the instance from it. */
export const placeSteps = (
  instance: string,
  { manifest, directory }: NamedBuild,
  { key, injector }: { readonly key: string; readonly injector: ShippedFile },
): StepSpec[] => [
  {
    id: 'install',
    kind: 'live.install',
    symbol: '+',
    summary: `put tor ${manifest.version} at ${programPath(manifest.buildId)}`,
    params: { build: manifest.buildId, directory, injector, key },
  },
  {
    id: 'use',
    kind: 'live.use',
    symbol: '~',
    summary: `let ${liveDropIn(instance)} start it`,
    params: { instance, build: manifest.buildId },
  },
  reloadSystemd(instance),
];

export interface InjectWish {
  readonly from: NamedBuild;
  readonly to: NamedBuild;
  /** What the process was started from. */
  readonly program: NamedBuild;
  /** What it became since, before what it runs. */
  readonly between: readonly NamedBuild[];
  readonly rules: ShippedFile | null;
  readonly inject: InjectParams;
}

export const injectStepSpec = ({ from, to, program, between, rules, inject }: InjectWish): StepSpec => ({
  id: 'inject',
  kind: 'live.inject',
  symbol: '~',
  summary: `${instancePaths(inject.instance).unit} becomes tor ${to.manifest.version} (${shortId(to.manifest.buildId)}) while it runs`,
  params: {
    ...inject,
    from: from.manifest.buildId,
    to: to.manifest.buildId,
    builds: {
      from: from.directory,
      to: to.directory,
      program: program.directory,
      between: between.map(({ directory }) => directory),
    },
    rules,
  },
});

export const rollBackStepSpec = (inject: InjectParams, from: string, to: string, version: string): StepSpec => ({
  id: 'roll-back',
  kind: 'live.roll-back',
  symbol: '~',
  summary: `${instancePaths(inject.instance).unit} becomes tor ${version} (${shortId(to)}) again while it runs`,
  params: { ...inject, from, to },
});

export const liveItem = (
  relay: { readonly id: string; readonly host: string },
  steps: readonly StepSpec[],
  gates: ChangeItem['gates'],
  undoGates: ChangeItem['gates'],
): ChangeItem => ({ id: relay.id, subject: relay.id, host: relay.host, steps, gates, undoGates });

const gateDeadlineMs = 120_000;

/** @param isPublished it publishes a descriptor, whose version changes */
export const versionGates = (instance: string, version: string, isPublished: boolean, deadlineMs = gateDeadlineMs) => [
  {
    id: 'version-loaded',
    kind: 'tor.version-loaded',
    summary: `tor ${version} runs`,
    params: { instance, version },
    deadlineMs,
  },
  ...(isPublished
    ? [
        {
          id: 'descriptor',
          kind: 'live.descriptor',
          summary: `its descriptor says tor ${version}`,
          params: { instance, version },
          deadlineMs,
        },
      ]
    : []),
];
