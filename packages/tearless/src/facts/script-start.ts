// How every script that reads a host begins: the nonce of its frames, and surroundings that give the same words everywhere.

/** Checks the first argument (32 hexadecimal digits), leaves it in f_nonce, and sets the locale, the zone and systemd's output. */
export const scriptStart = (name: string): string => `
case \${1-} in
  *[!0-9a-f]*) f_nonce= ;;
  *) f_nonce=\${1-} ;;
esac
if [ "\${#f_nonce}" -ne 32 ]; then
  echo "${name}: the first argument must be 32 hexadecimal digits" >&2
  return 2
fi
shift
LC_ALL=C TZ=UTC0 SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat
export LC_ALL TZ SYSTEMD_COLORS SYSTEMD_PAGER
unset IFS`;
