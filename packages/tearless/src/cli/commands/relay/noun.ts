export const summary = 'relays: which there are and how they stand';
