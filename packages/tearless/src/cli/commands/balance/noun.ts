export const summary = 'balanced onion services: one address, many workers';
