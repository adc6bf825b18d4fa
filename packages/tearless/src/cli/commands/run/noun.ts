export const summary = 'runs and their journals: show, follow, resume, undo';
