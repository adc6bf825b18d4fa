// What a scene of the demo is given and what it gives back.
import type { JsonObject } from '../../../base/json.ts';
import type { CommandContext } from '../context.ts';
import type { Stage } from './stage.ts';

export interface SceneResult {
  readonly name: string;
  readonly requests: { readonly sent: number; readonly failed: number };
  readonly streams: { readonly opened: number; readonly cut: number };
  readonly facts: JsonObject;
  /** What the scene promises and did not keep; empty when all is well. */
  readonly broken: readonly string[];
  /** Lines for people: what happened and what it cost. */
  readonly summary: readonly string[];
}

export interface SceneContext {
  readonly command: CommandContext;
  readonly stage: Stage;
  /** Where the report goes: a folder that is there. */
  readonly reportDirectory: string;
}

export interface Scene {
  readonly name: string;
  readonly summary: string;
  play(context: SceneContext): Promise<SceneResult>;
}
