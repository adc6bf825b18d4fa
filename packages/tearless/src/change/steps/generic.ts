// The kinds of step that every feature may use, for the registry.
import type { AnyStepKind } from '../step.ts';
import { cronCut } from './cron-cut.ts';
import { fileRemove } from './file-remove.ts';
import { fileWrite } from './file-write.ts';
import { packageInstall } from './package-install.ts';
import { packageRemove } from './package-remove.ts';
import { systemdReload } from './systemd-reload.ts';
import { unitDisable, unitEnable, unitStart, unitStop } from './unit-state.ts';

export const genericSteps: readonly AnyStepKind[] = [
  fileWrite,
  fileRemove,
  systemdReload,
  unitEnable,
  unitDisable,
  unitStart,
  unitStop,
  packageInstall,
  packageRemove,
  cronCut,
];
