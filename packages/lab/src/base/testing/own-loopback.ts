// An address of loopback that nobody else on this machine uses: a port there is free, now and when a server gets to it.

/** Within 127.128.0.0/9, one for each process: labs are at 127.77, everybody else at 127.0.0.1. */
export const ownLoopback = (pid = process.pid): string =>
  `127.${128 + ((pid >> 16) & 0x3f)}.${(pid >> 8) & 0xff}.${pid & 0xff}`;
