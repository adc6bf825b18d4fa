// Where a build's program lies on a relay: each at a path of its own, so that one that runs is never replaced. Pure.

export const installedProgram = (buildId: string): string => `/usr/local/lib/tearless/live/${buildId}/tor`;
