// The kinds that a run may meet, and the joint where a plan's untyped parameters become a kind's own.
import type { z } from 'zod';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { ChangeError } from './change-error.ts';
import type { GateSpec, Plan, StepSpec } from './plan.ts';
import type { AnyGateKind, AnyStepKind, GateReading, KindRegistry, StepContext } from './step.ts';

const byKind = <K extends { readonly kind: string }>(kinds: readonly K[]): ReadonlyMap<string, K> => {
  const map = new Map<string, K>();
  for (const kind of kinds) {
    if (map.has(kind.kind))
      throw new ChangeError({ kind: 'bug', code: 'change-kind-twice', message: `two kinds are named ${kind.kind}` });
    map.set(kind.kind, kind);
  }
  return map;
};

/** Joins the kinds that features bring. */
export const createRegistry = (steps: readonly AnyStepKind[], gates: readonly AnyGateKind[]): KindRegistry => ({
  steps: byKind(steps),
  gates: byKind(gates),
});

const parse = <T>(schema: z.ZodType<T>, value: JsonValue, what: string, code: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ChangeError({
    kind: 'refused',
    code,
    message: `${what}: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'does not fit'}`,
    hint: 'the plan or the journal was written by another version of Tearless; use that version, or plan anew',
  });
};

/** A step whose parameters are checked and tied to its kind. */
export interface BoundStep {
  readonly spec: StepSpec;
  readonly role: 'state' | 'activate';
  check(context: StepContext): Promise<boolean>;
  remember(context: StepContext): Promise<JsonValue>;
  do(context: StepContext, memory: JsonValue): Promise<void>;
  verify(context: StepContext, memory: JsonValue): Promise<JsonObject>;
  undo(context: StepContext, memory: JsonValue): Promise<void>;
  /** Undefined for kinds that need not be asked. */
  readonly mayDo: ((context: StepContext) => Promise<void>) | undefined;
  readonly mayUndo: ((context: StepContext, memory: JsonValue) => Promise<void>) | undefined;
}

export interface BoundGate {
  readonly spec: GateSpec;
  read(context: StepContext): Promise<GateReading>;
}

const unknownKind = (what: string, kind: string, id: string): ChangeError =>
  new ChangeError({
    kind: 'refused',
    code: 'change-kind-unknown',
    message: `${what} ${id} is of the kind ${kind}, which this Tearless does not know`,
    hint: 'use the version of Tearless that made the plan, or plan anew',
    subject: id,
  });

// A kind's methods take what its own schemas gave: `parse` is what makes the calls below sound.
export const bindStep = (registry: KindRegistry, spec: StepSpec): BoundStep => {
  const kind = registry.steps.get(spec.kind);
  if (kind === undefined) throw unknownKind('step', spec.kind, spec.id);
  const params = parse(kind.params, spec.params, `parameters of step ${spec.id}`, 'change-params-invalid');
  const recall = (memory: JsonValue): JsonValue =>
    parse(kind.memory, memory, `memory of step ${spec.id}`, 'change-memory-invalid');
  return {
    spec,
    role: kind.role,
    check: (context) => kind.check(context, params),
    remember: (context) => kind.remember(context, params),
    do: (context, memory) => kind.do(context, params, recall(memory)),
    verify: (context, memory) => kind.verify(context, params, recall(memory)),
    undo: (context, memory) => kind.undo(context, params, recall(memory)),
    mayDo: kind.mayDo === undefined ? undefined : async (context) => kind.mayDo?.(context, params),
    mayUndo:
      kind.mayUndo === undefined
        ? undefined
        : async (context, memory) => kind.mayUndo?.(context, params, recall(memory)),
  };
};

export const bindGate = (registry: KindRegistry, spec: GateSpec): BoundGate => {
  const kind = registry.gates.get(spec.kind);
  if (kind === undefined) throw unknownKind('gate', spec.kind, spec.id);
  const params = parse(kind.params, spec.params, `parameters of gate ${spec.id}`, 'change-params-invalid');
  return { spec, read: (context) => kind.read(context, params) };
};

/** An item with all its kinds found and all its parameters checked. */
export interface BoundItem {
  readonly id: string;
  readonly host: string;
  readonly steps: readonly BoundStep[];
  readonly gates: readonly BoundGate[];
  readonly undoGates: readonly BoundGate[];
}

/** Checks the whole plan against the kinds at hand, so that nothing unknown is met half way. */
export const bindPlan = (registry: KindRegistry, plan: Plan): ReadonlyMap<string, BoundItem> =>
  new Map(
    plan.items.map((item) => [
      item.id,
      {
        id: item.id,
        host: item.host,
        steps: item.steps.map((spec) => bindStep(registry, spec)),
        gates: item.gates.map((spec) => bindGate(registry, spec)),
        undoGates: item.undoGates.map((spec) => bindGate(registry, spec)),
      },
    ]),
  );
