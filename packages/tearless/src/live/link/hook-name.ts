// What hooks are called in the layout of an update.

export const hookName = { up: 'hook up', down: 'hook down' } as const;
