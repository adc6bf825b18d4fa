// Whether AppArmor lets an instance be started from a build: Debian confines tor@default by the profile system_tor, which names
// /usr/bin/tor and no other program. What the injector does is not its business: memory of no file is not mediated, and who traces is
// root, unconfined. AppArmor: apparmor.d(5); /proc/PID/attr/current.

/**
 * Arguments: PROC PID PROFILES, such as `/proc 4711 /etc/apparmor.d`. Says which profile is enforced on a process, if one is, and
 * behind it what this host adds to that profile.
 */
export const confinementScript = `set -eu
label=$(cat "$1/$2/attr/apparmor/current" 2>/dev/null || cat "$1/$2/attr/current" 2>/dev/null || :)
profile=\${label% (enforce)}
[ "$profile" != "$label" ] || exit 0
printf '%s\\n' "$profile"
file=$(printf '%s' "\${profile#/}" | tr / .)
cat "$3/local/$file" 2>/dev/null || :
`;

/** A line for the profile that lets tor be started from any build. */
export const confinementRule = '/usr/local/lib/tearless/live/*/tor mr,';

/** Rules for files may begin with the path or with the permissions. */
const isAllowing = (line: string): boolean => {
  const [, , permissions = '', path = ''] = /^\s*(audit\s+)?(?:([a-z]+)\s+)?(\/\S+)/i.exec(line) ?? [];
  const [, behind = ''] = /^\s*(?:audit\s+)?\/\S+\s+([a-z]+)\s*,/i.exec(line) ?? [];
  const all = permissions === '' ? behind : permissions;
  return path.startsWith('/usr/local/lib/tearless/') && all.includes('m') && all.includes('r');
};

/**
 * @param said by `confinementScript`
 * @returns the profile that stands in the way; undefined when none does
 */
export const findConfinement = (said: string): string | undefined => {
  const [profile = '', ...lines] = said.split('\n');
  return profile === '' || lines.some(isAllowing) ? undefined : profile;
};
