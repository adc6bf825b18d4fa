export const summary = 'live updates: new code for a running tor';
