export const summary = 'what no tool can know of a release, said beside it';
