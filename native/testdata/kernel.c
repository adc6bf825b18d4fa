// For tests of the injector: what others may have done to a process before it comes.
// `traced PID` traces that process until standard input ends; `filtered PROGRAM ARGUMENTS` runs a program under a filter on system
// calls that lets all of them through; `outruns PID N PROGRAM ARGUMENTS` runs one that traces threads of that process, and traces the
// n-th of them just before it does, until it has ended.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_thread_of(long process, long thread) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/task/%ld", process, thread);
  return access(path, F_OK) == 0;
}

static int outrun(long process, long nth, char **command) {
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0) execv(command[0], command);
    _exit(126);
  }
  int status, is_first = 1;
  while (child > 0 && waitpid(child, &status, __WALL) == child) {
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (!WIFSTOPPED(status)) return 125;
    int signal = WSTOPSIG(status);
    if (is_first || signal == (SIGTRAP | 0x80)) signal = 0;
    if (is_first) ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
    is_first = 0;
    struct __ptrace_syscall_info info = {0};
    ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof info, &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_ptrace && info.entry.args[0] == PTRACE_SEIZE &&
        is_thread_of(process, (long)info.entry.args[1]) && --nth == 0 &&
        ptrace(PTRACE_SEIZE, (pid_t)info.entry.args[1], NULL, NULL)) return 124;
    ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal);
  }
  return 125;
}

int main(int count, char **values) {
  if (count == 3 && strcmp(values[1], "traced") == 0) {
    if (ptrace(PTRACE_SEIZE, (pid_t)strtol(values[2], NULL, 10), NULL, NULL)) return 1;
    puts("traced");
    fflush(stdout);
    char byte;
    return read(0, &byte, 1) != 0;
  }
  if (count > 4 && strcmp(values[1], "outruns") == 0)
    return outrun(strtol(values[2], NULL, 10), strtol(values[3], NULL, 10), values + 4);
  if (count < 3 || strcmp(values[1], "filtered") != 0) return 2;
  struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {1, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 1;
  execv(values[2], values + 2);
  return 1;
}
