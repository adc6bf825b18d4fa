// Units and packages: what a step proves, and that undo restores what was there, also after an interruption.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { StepContext, StepKind } from '../step.ts';
import type { DirectoryHost } from '../testing/directory-host.ts';
import { openTestWorld } from '../testing/world.ts';
import { packageInstall } from './package-install.ts';
import { systemdReload } from './systemd-reload.ts';
import { unitDisable, unitEnable, unitStart, unitStop } from './unit-state.ts';

const timer = 'tearless-x.timer';

const withHost = async (act: (host: DirectoryHost, context: StepContext) => Promise<void>): Promise<void> => {
  await using world = await openTestWorld([]);
  const host = world.hosts('h');
  await host.write(`/etc/systemd/system/${timer}`, '[Timer]\n', { mode: 0o644, owner: 'root', group: 'root' });
  await act(host, { host, clock: systemClock, signal: new AbortController().signal, run: 'r' });
};

/** Does and undoes a step twice each, as after interruptions. @returns what it proved */
const thereAndBack = async <P extends JsonObject, M extends JsonValue>(
  context: StepContext,
  kind: StepKind<P, M>,
  params: P,
): Promise<JsonObject> => {
  assert.equal(await kind.check(context, params), false);
  const memory = await kind.remember(context, params);
  await kind.do(context, params, memory);
  await kind.do(context, params, memory);
  const evidence = await kind.verify(context, params, memory);
  assert.equal(await kind.check(context, params), true);
  await kind.undo(context, params, memory);
  await kind.undo(context, params, memory);
  assert.equal(await kind.check(context, params), false);
  return evidence;
};

describe('units', () => {
  for (const { kind, prepare } of [
    { kind: unitEnable, prepare: [] },
    { kind: unitStart, prepare: [] },
    { kind: unitDisable, prepare: ['enable'] as const },
    { kind: unitStop, prepare: ['start'] as const },
  ]) {
    it(`${kind.kind} and back`, () =>
      withHost(async (host, context) => {
        for (const verb of prepare) await host.unit(verb, timer);
        const [before] = await host.units([timer]);
        const evidence = await thereAndBack(context, kind, { unit: timer });
        assert.equal(evidence.unit, timer);
        const [after] = await host.units([timer]);
        assert.deepEqual(
          { ...after, mainPid: 0, activeEnterMs: 0, activeEnterMonotonicUs: 0 },
          {
            ...before,
            mainPid: 0,
            activeEnterMs: 0,
            activeEnterMonotonicUs: 0,
          },
        );
      }));
  }

  it('refuses what it could not undo: a unit without a file', () =>
    withHost(async (_, context) => {
      const params = { unit: 'tearless-absent.timer' };
      await assert.rejects(unitEnable.remember(context, params), { code: 'change-unit-irreversible' });
      await assert.rejects(unitStart.remember(context, params), { code: 'change-unit-irreversible' });
    }));

  it('systemd.reload holds where nothing changed, and proves that nothing stale is left', () =>
    withHost(async (host, context) => {
      const params = { units: [timer] };
      await host.unit('start', timer);
      assert.equal(await systemdReload.check(context, params), true);
      await host.write(`/etc/systemd/system/${timer}`, '[Timer]\n# new\n', {
        mode: 0o644,
        owner: 'root',
        group: 'root',
      });
      assert.equal(await systemdReload.check(context, params), false);
      await assert.rejects(systemdReload.verify(context, params, {}), { code: 'change-reload-unproven' });
      await systemdReload.do(context, params, {});
      assert.deepEqual(await systemdReload.verify(context, params, {}), { units: [timer] });
      // Without units there is nothing to look at: it is done every time.
      assert.equal(await systemdReload.check(context, { units: [] }), false);
    }));
});

describe('packages', () => {
  const name = 'libmimalloc2.0';
  const states: readonly { readonly title: string; readonly verbs: readonly (readonly [string, ...string[]])[] }[] = [
    { title: 'not installed', verbs: [] },
    { title: 'at another version', verbs: [['package-install', name, '1.7']] },
    {
      title: 'at another version, held',
      verbs: [
        ['package-install', name, '1.7'],
        ['package-hold', name],
      ],
    },
    { title: 'at this version, not held', verbs: [['package-install', name, '2.1.2']] },
  ];
  for (const { title, verbs } of states) {
    it(`${title}: installed and held, and back`, () =>
      withHost(async (host, context) => {
        for (const [verb, ...args] of verbs) await host.call(verb, { args });
        const show = async (): Promise<string> =>
          new TextDecoder().decode((await host.call('package-show', { args: [name] })).stdout);
        const before = await show();
        const evidence = await thereAndBack(context, packageInstall, { name, version: '2.1.2', hold: true });
        assert.deepEqual(evidence, { package: name, version: '2.1.2', held: true });
        assert.equal(await show(), before);
      }));
  }

  it('lets a held package go where no hold is wanted', () =>
    withHost(async (host, context) => {
      await host.call('package-install', { args: [name, '2.1.2'] });
      await host.call('package-hold', { args: [name] });
      await thereAndBack(context, packageInstall, { name, version: '2.1.2', hold: false });
    }));
});
