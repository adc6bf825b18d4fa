export const summary = 'the configuration file: tearless.yaml';
