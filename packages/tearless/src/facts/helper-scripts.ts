// What the root-owned helper reads hosts with: handed to renderHelper, which knows nothing of facts.
import { sampleScript } from './sample/script.ts';
import { factsScript } from './script.ts';

export const helperScripts: { readonly factsScript: string; readonly sampleScript: string } = {
  factsScript,
  sampleScript,
};
