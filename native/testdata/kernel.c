// For tests of the injector: what others may have done to a process before it comes.
// `traced PID` traces that process until standard input ends; `filtered PROGRAM ARGUMENTS` runs a program under a filter on system
// calls that lets all of them through.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int count, char **values) {
  if (count == 3 && strcmp(values[1], "traced") == 0) {
    if (ptrace(PTRACE_SEIZE, (pid_t)strtol(values[2], NULL, 10), NULL, NULL)) return 1;
    puts("traced");
    fflush(stdout);
    char byte;
    return read(0, &byte, 1) != 0;
  }
  if (count < 3 || strcmp(values[1], "filtered") != 0) return 2;
  struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {1, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 1;
  execv(values[2], values + 2);
  return 1;
}
