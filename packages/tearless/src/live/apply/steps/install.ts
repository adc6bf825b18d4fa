// `live.install`: a build's program and the injector lie on the host, signed by whom it trusts, each at a place of its own.
// Nothing starts them yet.
import { z } from 'zod';
import { sha256Hex } from '../../../base/json.ts';
import type { StepContext, StepKind } from '../../../change/step.ts';
import type { Host } from '../../../host/host.ts';
import { HostError } from '../../../host/host-error.ts';
import { callSigned } from '../../keys/call-signed.ts';
import { namespaces } from '../../keys/namespaces.ts';
import { LiveError } from '../../live-error.ts';
import { stripProgram } from '../../process/strip-program.ts';
import { bringInjector, installTimeoutMs, isInjectorThere } from '../host-injector.ts';
import type { LiveMeans } from '../means.ts';
import { BuildId, Path, ShippedFile, signingOf } from '../params.ts';

const Params = z.object({ build: BuildId, directory: Path, injector: ShippedFile, key: Path });
type Params = z.output<typeof Params>;

const Memory = z.object({ hadBuild: z.boolean() });
type Memory = z.output<typeof Memory>;

const library = '/usr/local/lib/tearless/live';
export const programPath = (build: string): string => `${library}/${build}/tor`;

const digestAt = async (host: Host, path: string): Promise<string | undefined> => {
  const entry = await host.stat(path);
  return entry?.type === 'file' ? entry.sha256 : undefined;
};

export const installStep = (means: LiveMeans): StepKind<Params, Memory> => {
  const programOf = ({ build, directory }: Params): Uint8Array => {
    const { manifest, files } = means.readBuild(directory);
    if (manifest.buildId === build) return stripProgram(files.tor);
    throw new LiveError({
      kind: 'refused',
      code: 'live-build-changed',
      message: `${directory} is another build than was planned with`,
      subject: directory,
      hint: 'plan again',
    });
  };
  const isThere = async (context: StepContext, params: Params): Promise<{ build: boolean; injector: boolean }> => ({
    build: (await digestAt(context.host, programPath(params.build))) === sha256Hex(programOf(params)),
    injector: await isInjectorThere(context, params.injector.sha256),
  });
  return {
    kind: 'live.install',
    role: 'state',
    params: Params,
    memory: Memory,

    check: async (context, params) => {
      const { build, injector } = await isThere(context, params);
      return build && injector;
    },

    remember: async ({ host }, { build }) => ({ hadBuild: (await digestAt(host, programPath(build))) !== undefined }),

    do: async (context, params) => {
      const signing = signingOf(means, params);
      await bringInjector(context, signing);
      if ((await isThere(context, params)).build) return;
      await callSigned(context, signing, {
        namespace: namespaces.build,
        verb: 'live-install',
        args: [params.build],
        content: programOf(params),
        timeoutMs: installTimeoutMs,
      });
    },

    verify: async (context, params) => {
      const found = await isThere(context, params);
      if (found.build && found.injector) return { path: programPath(params.build) };
      throw new LiveError({
        kind: 'refused',
        code: 'live-not-installed',
        message: `${context.host.name}: ${programPath(params.build)} or the injector is not what was just written`,
        place: 'host',
        subject: context.host.name,
        hint: 'somebody else installs there: look at who, then plan again',
      });
    },

    // Another instance may be started from it by now: the helper then leaves it.
    undo: async ({ host, signal }, { build }, { hadBuild }) => {
      if (hadBuild) return;
      try {
        await host.call('live-uninstall', { args: [build], signal });
      } catch (error) {
        if (!(error instanceof HostError) || error.code !== 'host-state-changed') throw error;
      }
    },
  };
};
