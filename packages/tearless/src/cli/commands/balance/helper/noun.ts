export const summary = 'the balancer’s own way to the tors of its workers, which opens nothing else there';
