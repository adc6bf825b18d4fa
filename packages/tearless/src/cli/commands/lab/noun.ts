export const summary = 'a private Tor network and real hosts on this machine, to try things on';
