export const summary = 'experiments: design, measure, judge and end them';
