export const summary = 'clients that may find a restricted onion service';
