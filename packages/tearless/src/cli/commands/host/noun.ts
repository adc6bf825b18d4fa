export const summary = 'machines that run relays: set them up, list and check them';
