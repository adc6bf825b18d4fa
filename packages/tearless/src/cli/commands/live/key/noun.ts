export const summary = 'who may sign live updates: keys made, trusted by hosts, rotated, revoked';
