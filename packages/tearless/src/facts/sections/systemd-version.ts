// The version of systemd, as the distribution numbers it.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const systemdVersion: Fact = { name: 'systemd-version', script: 'systemctl --version' };

/** `systemd 252 (252.38-1~deb12u1)`, then lines of features. Gives what stands in brackets. */
export const parseSystemdVersion = (text: string): string => {
  const line = linesOf('systemd-version', text)[0] ?? { number: 1, text: '' };
  const [, release, full] = /^systemd (\d+)(?: \(([^()\s]+)\))?$/.exec(line.text) ?? [];
  if (release === undefined) throw unexpected('systemd-version', line, 'systemd RELEASE (VERSION)');
  return full ?? release;
};
