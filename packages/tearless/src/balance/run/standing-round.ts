// What a stored round comes to, for those who only watch.
import { isMissed, type RoundDocument } from './documents.ts';
import type { StandingRound } from './event.ts';

export const standingOf = (frontend: string, document: RoundDocument): StandingRound => {
  const { periodNumber: period, isFetched, publishedMs, nextMs, directories } = document;
  const bodies = directories.map(({ points }) =>
    points
      .map(({ key }) => key)
      .sort()
      .join(),
  );
  return {
    frontend,
    period,
    isFetched,
    publishedMs,
    nextMs,
    directories: directories.length,
    failed: directories.filter(isMissed).length,
    points: new Set(directories.flatMap(({ points }) => points.map(({ key }) => key))).size,
    bodies: new Set(bodies).size,
  };
};
