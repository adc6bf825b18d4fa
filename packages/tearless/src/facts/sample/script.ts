// The script that samples every running relay of a host at one instant: memory, processor time, the allocator that is really
// loaded, metrics. Only what a series needs; what a plan needs is in ../script.ts.
import { scriptStart } from '../script-start.ts';
import { clock } from '../sections/clock.ts';
import { sampleReader } from './reader.ts';

/** Everything that tells a process from another, and where it was configured. */
const properties = ['Id', 'ActiveState', 'MainPID', 'NRestarts', 'ExecStart'];

/**
 * Body of a POSIX sh function. Its argument is the nonce (32 hexadecimal digits). Reads only, needs root, uses no standard
 * input, never exits the shell. Framed as the facts script's output is (../section.ts). One question to systemd for all units, then
 * one process that reads all of /proc; the clock is read in between, and its time is that of the sample.
 */
export const sampleScript: string = `${scriptStart('sample')}
f_status=0
f_shown=$(systemctl show --no-pager --property=${properties.join(',')} -- 'tor@*.service') || f_status=$?
printf '%s begin units\\n%s\\n\\n%s end units %s\\n' "$f_nonce" "$f_shown" "$f_nonce" "$f_status"
fact_clock() {
${clock.script}
}
printf '%s begin clock\\n' "$f_nonce"
f_status=0
fact_clock </dev/null || f_status=$?
printf '\\n%s end clock %s\\n' "$f_nonce" "$f_status"
printf '%s\\n' "$f_shown" | perl -e '${sampleReader}' "$f_nonce" || return 70
printf '%s done\\n' "$f_nonce"
`;
