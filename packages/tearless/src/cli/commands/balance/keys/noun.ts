export const summary = 'keys of balanced onion services: made ahead, and where they lie';
