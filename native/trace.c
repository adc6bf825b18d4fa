// Stops the target where nothing of it is under way, and lets its main thread do something for us there. ptrace(2), x86-64.
// The main thread is held where it is about to wait for events; the system call has not begun then, so nothing of it is lost:
// it is left out and made anew afterwards, by the same instruction. Other threads are held in a futex and never changed.
#include "injector.h"
#include <dirent.h>
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <elf.h>

#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#endif

// What the kernel leaves in rax when a call that was interrupted is to go on by itself (include/linux/errno.h).
enum { restart_sys = -512, restart_no_intr = -513, restart_no_hand = -514, restart_block = -516 };
// The last page of what a program can have; the kernel maps nothing there. A hook that returns arrives here.
static const uint64_t nowhere = 0x7ffffffff000;
static const uint64_t synchronous = 1 << (SIGSEGV - 1) | 1 << (SIGBUS - 1) | 1 << (SIGILL - 1) | 1 << (SIGFPE - 1) |
                                    1 << (SIGTRAP - 1) | 1u << (SIGSYS - 1) | 1 << (SIGABRT - 1);

static bool is_wait(long number) {
  return number == SYS_epoll_wait || number == SYS_epoll_pwait || number == SYS_epoll_pwait2 || number == SYS_poll ||
         number == SYS_ppoll || number == SYS_select || number == SYS_pselect6;
}

static bool waits_in_futex(const struct user_regs_struct *now) {
  if ((long)now->orig_rax != SYS_futex) return false;
  unsigned operation = (unsigned)now->rsi & ~(unsigned)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET || operation == FUTEX_LOCK_PI || operation == FUTEX_WAIT_REQUEUE_PI;
}

int registers_of(struct thread *thread, struct user_regs_struct *registers) {
  return ptrace(PTRACE_GETREGS, thread->tid, NULL, registers) ? errno : 0;
}

static int gone(const struct trace *trace) { return fail(GONE, "gone", "process %d has ended", trace->pid); }

static long trace_call(enum __ptrace_request request, pid_t tid, void *address, void *data) {
  if (request == PTRACE_SEIZE && fault("seize")) return -1;
  if (request == PTRACE_SETREGS && fault("registers")) return -1;
  return ptrace(request, tid, address, data);
}

static int seize(struct trace *trace, pid_t tid) {
  const uintptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
  if (trace->count == trace->room) {
    size_t room = trace->room ? 2 * trace->room : 16;
    struct thread *threads = realloc(trace->threads, room * sizeof *threads);
    if (!threads) return fail(GIVEN_UP, "no-memory", "not enough memory for so many threads");
    trace->threads = threads;
    trace->room = room;
  }
  bool is_main = trace->count == 0;
  if (is_main) trace->suspended = !fault("suspend") && trace_call(PTRACE_SEIZE, tid, NULL, (void *)(options | PTRACE_O_SUSPEND_SECCOMP)) == 0;
  bool seized = is_main && trace->suspended;
  if (!seized && trace_call(PTRACE_SEIZE, tid, NULL, (void *)options)) return errno;
  trace->threads[trace->count++] = (struct thread){.tid = tid};
  return 0;
}

// The main thread alone does something for us, so its filters alone matter.
int seize_main(struct trace *trace) {
  int error = seize(trace, trace->pid);
  if (error) return denied(trace->pid, "tracing", error);
  if (!trace->suspended && status_number(trace->pid, "Seccomp", 10) != 0)
    return fail(DENIED, "seccomp-active", "the target filters its system calls, and suspending that needs CAP_SYS_ADMIN");
  return 0;
}

static void note_stop(struct thread *thread, int status) {
  if (WIFEXITED(status) || WIFSIGNALED(status)) {
    thread->stop = DEAD;
    return;
  }
  int event = status >> 16;
  thread->signal = 0;
  if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
    struct __ptrace_syscall_info info = {0};
    ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, (void *)sizeof info, &info);
    thread->stop = info.op == PTRACE_SYSCALL_INFO_ENTRY ? AT_ENTRY : AT_EXIT;
  } else if (event == PTRACE_EVENT_STOP) thread->stop = WSTOPSIG(status) == SIGTRAP ? AT_EVENT : AT_GROUP;
  else if (event == PTRACE_EVENT_EXEC) thread->stop = AT_EXEC;
  else {
    thread->stop = AT_SIGNAL;
    thread->signal = WSTOPSIG(status);
  }
  struct user_regs_struct now;
  // One that was sent back by us may stop before it is inside again: what it goes on with is still the same.
  if ((thread->stop == AT_EVENT || thread->stop == AT_SIGNAL) && registers_of(thread, &now) == 0 && (long)now.orig_rax >= 0)
    thread->wait_restarts = (long)now.rax == restart_block &&
                            (is_wait((long)now.orig_rax) || waits_in_futex(&now) ||
                             ((long)now.orig_rax == SYS_restart_syscall && thread->wait_restarts));
}

// The next thread that stops or ends; NULL when none did in time. SIGCHLD is blocked, so none is missed.
static struct thread *next_stop(struct trace *trace, uint64_t deadline_us) {
  for (;;) {
    int status;
    pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
    for (size_t i = 0; tid > 0 && i < trace->count; i++)
      if (trace->threads[i].tid == tid) {
        note_stop(&trace->threads[i], status);
        return &trace->threads[i];
      }
    if (tid > 0) continue;
    uint64_t now = now_us();
    if (now >= deadline_us) return NULL;
    // Never long: what is missed for whatever reason is found then.
    uint64_t rest = deadline_us - now < 2000 ? deadline_us - now : 2000;
    struct timespec time = {.tv_nsec = (long)rest * 1000};
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigtimedwait(&children, NULL, &time);
  }
}

static void resume(struct thread *thread, enum __ptrace_request how) {
  int signal = thread->signal;
  if (thread->stop == AT_GROUP) how = PTRACE_LISTEN, signal = 0;
  thread->stop = RUNNING;
  thread->quiet = false;
  thread->signal = 0;
  // A thread that is being killed cannot be resumed; its end is reported.
  ptrace(how, thread->tid, NULL, (void *)(uintptr_t)signal);
}

static int unexpected(const struct trace *trace, const struct thread *thread) {
  if (thread == trace->threads && thread->stop == DEAD) return gone(trace);
  if (thread->stop == AT_EXEC) return fail(GONE, "other-program", "process %d runs another program now", trace->pid);
  if (thread->stop == AT_GROUP) return fail(GIVEN_UP, "stopped", "process %d was stopped by a signal", trace->pid);
  return 0;
}

static int set_main(struct trace *trace, const struct user_regs_struct *registers) {
  if (trace_call(PTRACE_SETREGS, trace->pid, NULL, (void *)(uintptr_t)registers) == 0) return 0;
  return errno == ESRCH ? gone(trace) : fail(BROKEN, "kernel-refuses", "registers cannot be set: %s", strerror(errno));
}

// While the main thread works for us it takes no signals. A tracer that was killed then has left it like that, and the program would
// never reload nor end when asked to. No program blocks just these; whether it blocked some of them before, nobody knows any more.
static int hear_again(struct trace *trace) {
  const uint64_t never_blocked = 1 << (SIGKILL - 1) | 1 << (SIGSTOP - 1);
  uint64_t mask = 0, none = 0;
  bool refused = ptrace(PTRACE_GETSIGMASK, trace->pid, (void *)8, &mask);
  if (!refused && mask == (~synchronous & ~never_blocked)) refused = ptrace(PTRACE_SETSIGMASK, trace->pid, (void *)8, &none);
  if (!refused) return 0;
  return errno == ESRCH ? gone(trace) : fail(GIVEN_UP, "kernel-refuses", "signals cannot be let through: %s", strerror(errno));
}

// The main thread at the entry of a system call that waits for events.
int hold_main(struct trace *trace, uint64_t deadline_us) {
  struct thread *main = trace->threads;
  if (main->stop == RUNNING && ptrace(PTRACE_INTERRUPT, main->tid, NULL, NULL)) return gone(trace);
  for (;;) {
    struct thread *thread = next_stop(trace, deadline_us);
    if (!thread) return fail(GIVEN_UP, "never-waits", "the main thread did not come to wait for events in time");
    int result = unexpected(trace, thread);
    if (result) return result;
    if (thread != main) {
      if (thread->stop != DEAD) resume(thread, PTRACE_CONT);
      continue;
    }
    struct user_regs_struct now;
    if (main->stop == AT_ENTRY && registers_of(main, &now) == 0) {
      long number = (long)now.orig_rax;
      if (is_wait(number) && ++main->waits >= fault_value("main-wait", 1)) {
        trace->syscall_at = now.rip - 2;
        return hear_again(trace);
      }
      if (number == SYS_restart_syscall) {
        // A poll (or sleep) that goes on with the rest of its time cannot be made anew, nor can be told what it is. All that
        // go on like this may be interrupted: the program is told of that, as it is for epoll, and makes a new one.
        now.orig_rax = (uint64_t)-1;
        now.rax = (uint64_t)-EINTR;
        result = set_main(trace, &now);
        if (result) return result;
      }
    }
    resume(main, PTRACE_SYSCALL);
    if (now_us() >= deadline_us) return fail(GIVEN_UP, "never-waits", "the main thread did not come to wait for events in time");
  }
}

// Wherever the main thread is: enough to have it unmap something, not to change what it runs.
int hold_anywhere(struct trace *trace, uint64_t deadline_us) {
  struct thread *main = trace->threads;
  if (main->stop == AT_SIGNAL) resume(main, PTRACE_CONT);
  if (main->stop == RUNNING && ptrace(PTRACE_INTERRUPT, main->tid, NULL, NULL)) return gone(trace);
  while (main->stop == RUNNING) {
    struct thread *thread = next_stop(trace, deadline_us);
    if (!thread) return fail(GIVEN_UP, "never-stops", "the main thread did not stop in time");
    if (thread->stop == AT_SIGNAL || (thread != main && thread->stop != DEAD)) resume(thread, PTRACE_CONT);
  }
  if (main->stop == DEAD) return gone(trace);
  if (main->stop == AT_GROUP) {
    // It has to run a little although the process is stopped, and is stopped again afterwards.
    trace->stop_again = true;
    main->stop = AT_EVENT;
  }
  return 0;
}

static int seize_new(struct trace *trace, bool *found) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", trace->pid);
  DIR *tasks = opendir(path);
  if (!tasks) return gone(trace);
  int result = 0;
  for (struct dirent *entry; !result && (entry = readdir(tasks));) {
    pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
    bool known = tid <= 0;
    for (size_t i = 0; i < trace->count; i++) known |= trace->threads[i].tid == tid && trace->threads[i].stop != DEAD;
    if (known) continue;
    int error = seize(trace, tid);
    if (!error) *found = true;
    else if (!has_ended(tid)) result = denied(tid, "tracing a thread", error);
  }
  closedir(tasks);
  return result;
}

static bool is_quiet(struct thread *thread) {
  struct user_regs_struct now;
  if (registers_of(thread, &now)) return false;
  long value = (long)now.rax;
  bool inside = thread->stop == AT_ENTRY || (thread->stop == AT_EVENT && (value == restart_sys || value == restart_no_intr ||
                value == restart_no_hand || value == restart_block || value == -EINTR));
  return inside && (waits_in_futex(&now) || is_wait((long)now.orig_rax) ||
                    // One with a time limit, which goes on after an interruption.
                    ((long)now.orig_rax == SYS_restart_syscall && thread->wait_restarts));
}

// All other threads waiting for work. `all` stays false when one of them is busy until the deadline.
int hold_others(struct trace *trace, uint64_t deadline_us, bool *all) {
  *all = false;
  for (bool found = true; found;) {
    found = false;
    int result = seize_new(trace, &found);
    if (result) return result;
    size_t busy = 0;
    for (size_t i = 1; i < trace->count; i++) {
      struct thread *thread = &trace->threads[i];
      if (thread->stop == DEAD || thread->quiet) continue;
      busy++;
      if (thread->stop == RUNNING) ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
    }
    while (busy > 0) {
      struct thread *thread = next_stop(trace, deadline_us);
      if (!thread) return 0;
      result = unexpected(trace, thread);
      if (result) return result;
      if (thread->stop == DEAD) busy -= !thread->quiet;
      else if (is_quiet(thread) && ++thread->waits >= fault_value("worker-wait", 1)) thread->quiet = true, busy--;
      else {
        resume(thread, PTRACE_SYSCALL);
        // Many threads that make one call after the other stop faster than they are looked at: there is always a next one.
        if (now_us() >= deadline_us) return 0;
      }
    }
  }
  *all = true;
  return 0;
}

// The next stop of the main thread, while all else is held. A stop signal cannot be blocked: it is sent again later.
static int main_stop(struct trace *trace, uint64_t deadline_us) {
  for (;;) {
    struct thread *thread = next_stop(trace, deadline_us);
    if (!thread) return -1;
    if (thread->stop == DEAD && thread == trace->threads) return gone(trace);
    if (thread == trace->threads && thread->stop == AT_SIGNAL && thread->signal == SIGSTOP) {
      trace->stop_again = true;
      thread->signal = 0;
    }
    if (thread == trace->threads) return 0;
    if (thread->stop != DEAD && !thread->quiet) resume(thread, PTRACE_CONT);
  }
}

// What a call that was interrupted does next: the kernel would see to it only at some of the stops, so it is done here.
static void go_back(struct user_regs_struct *now, bool at_entry) {
  long number = (long)now->orig_rax, value = (long)now->rax;
  if (number < 0) return;
  bool again = at_entry || value == restart_sys || value == restart_no_intr || value == restart_no_hand;
  if (again || value == restart_block) {
    now->rip -= 2;
    now->rax = again ? (uint64_t)number : SYS_restart_syscall;
  }
  now->orig_rax = (uint64_t)-1;
}

// Makes ready for calls: signals are kept waiting, and the system call at hand is left out. A tracer that dies from here on
// leaves a wait that seems to have been interrupted.
static int park(struct trace *trace) {
  if (trace->parked) return 0;
  struct thread *main = trace->threads;
  struct user_regs_struct now;
  if (registers_of(main, &now)) return gone(trace);
  bool at_entry = main->stop == AT_ENTRY;
  trace->held = now;
  go_back(&trace->held, at_entry);
  uint64_t all_but = ~synchronous;
  if (ptrace(PTRACE_GETSIGMASK, main->tid, (void *)8, &trace->signal_mask) || ptrace(PTRACE_SETSIGMASK, main->tid, (void *)8, &all_but))
    return errno == ESRCH ? gone(trace) : fail(GIVEN_UP, "kernel-refuses", "signals cannot be blocked: %s", strerror(errno));
  trace->parked = true;
  if (!at_entry) return 0;
  now.orig_rax = (uint64_t)-1;
  now.rax = (uint64_t)-EINTR;
  int result = set_main(trace, &now);
  while (!result && main->stop != AT_EXIT) {
    resume(main, PTRACE_SYSCALL);
    result = main_stop(trace, now_us() + 1000000);
  }
  return result < 0 ? fail(BROKEN, "never-stops", "the main thread did not come back") : result;
}

// A system call made by the main thread. `value` is what the kernel answered.
int remote_call(struct trace *trace, long number, const uint64_t arguments[6], int64_t *value) {
  int result = park(trace);
  if (result) return result;
  struct user_regs_struct now = trace->held;
  now.rip = trace->syscall_at;
  now.rax = (uint64_t)number;
  now.orig_rax = (uint64_t)-1;
  now.rdi = arguments[0], now.rsi = arguments[1], now.rdx = arguments[2];
  now.r10 = arguments[3], now.r8 = arguments[4], now.r9 = arguments[5];
  result = set_main(trace, &now);
  struct thread *main = trace->threads;
  uint64_t deadline_us = now_us() + 1000000;
  for (bool entered = false; !result;) {
    main->signal = 0;
    resume(main, PTRACE_SYSCALL);
    result = main_stop(trace, deadline_us);
    if (result < 0) return fail(BROKEN, "never-stops", "a call in the target did not end");
    if (main->stop == AT_EXIT && entered) break;
    if (main->stop == AT_ENTRY) entered = true;
  }
  if (!result && registers_of(main, &now)) result = gone(trace);
  if (result) return result;
  *value = (int64_t)now.rax;
  // One that dies now leaves a wait that seems to have been interrupted.
  now = trace->held;
  now.rip = trace->syscall_at + 2;
  now.rax = (uint64_t)-EINTR;
  return trace->held.rip == trace->syscall_at ? set_main(trace, &now) : set_main(trace, &trace->held);
}

// Calls a function without arguments on the main thread. What is not DONE has been stopped, and may have been half done.
int call_hook(struct trace *trace, int memory, uint64_t address, uint64_t deadline_us) {
  static uint8_t extended[16384];
  int result = park(trace);
  if (result) return result;
  struct thread *main = trace->threads;
  struct iovec vectors = {.iov_base = extended, .iov_len = sizeof extended};
  if (ptrace(PTRACE_GETREGSET, main->tid, (void *)NT_X86_XSTATE, &vectors))
    return fail(UNDONE, "kernel-refuses", "vector registers cannot be kept: %s", strerror(errno));
  struct user_regs_struct now = trace->held;
  now.rsp = ((now.rsp - 1024) & ~(uint64_t)15) - 8;
  now.rip = address;
  now.rax = 0;
  now.orig_rax = (uint64_t)-1;
  now.eflags &= ~(uint64_t)0x500;
  int error = write_memory(memory, now.rsp, (const uint8_t *)&nowhere, 8, "stack-write");
  if (error) return fail(UNDONE, "no-stack", "no room for a hook on the stack: %s", strerror(error));
  result = set_main(trace, &now);
  if (result) return result;
  main->signal = 0;
  trace->hooked = true;
  resume(main, PTRACE_CONT);
  int outcome = 0;
  for (bool late = false;;) {
    if (fault("in-hook")) return fail(BROKEN, "fault", "injected");
    result = main_stop(trace, late ? now_us() + 1000000 : deadline_us);
    if (result > 0) return result;
    if (result < 0 && late) return fail(BROKEN, "never-stops", "a hook could not be stopped");
    if (result < 0) {
      late = true;
      outcome = fail(UNDONE, "hook-deadline", "a hook did not return in time");
      ptrace(PTRACE_INTERRUPT, main->tid, NULL, NULL);
      continue;
    }
    if (late && main->stop == AT_EVENT) break;
    if (main->stop == AT_EXEC) return fail(GONE, "other-program", "process %d runs another program now", trace->pid);
    // 0 is a stop signal, which is sent again later.
    if (main->stop == AT_SIGNAL && main->signal > 0 && synchronous & (uint64_t)1 << (main->signal - 1)) {
      if (registers_of(main, &now)) return gone(trace);
      if (now.rip == nowhere && main->signal == SIGSEGV) {
        if ((int)now.rax != 0) outcome = fail(UNDONE, "hook-failed", "a hook returned %d", (int)now.rax);
      } else outcome = fail(UNDONE, "hook-crashed", "a hook was stopped by signal %d", main->signal);
      break;
    }
    resume(main, PTRACE_CONT);
  }
  main->signal = 0;
  if (ptrace(PTRACE_SETREGSET, main->tid, (void *)NT_X86_XSTATE, &vectors) && errno == ESRCH) return gone(trace);
  result = set_main(trace, &trace->held);
  return result ? result : outcome;
}

// The main thread goes on with what it was about to do.
int release_main(struct trace *trace) {
  struct thread *main = trace->threads;
  if (main->stop == DEAD) return gone(trace);
  int result = 0;
  if (trace->parked) {
    result = set_main(trace, &trace->held);
    ptrace(PTRACE_SETSIGMASK, main->tid, (void *)8, &trace->signal_mask);
    trace->parked = false;
  }
  if (main->stop != RUNNING) resume(main, PTRACE_CONT);
  return result;
}

void release_others(struct trace *trace) {
  for (size_t i = 1; i < trace->count; i++)
    if (trace->threads[i].stop != DEAD && trace->threads[i].stop != RUNNING) resume(&trace->threads[i], PTRACE_CONT);
}

// Passes on what arrives, for a while.
int let_run(struct trace *trace, uint64_t for_us) {
  uint64_t until = now_us() + for_us;
  for (struct thread *thread; (thread = next_stop(trace, until));) {
    if (thread == trace->threads && thread->stop == DEAD) return gone(trace);
    if (thread->stop == AT_EXEC) return unexpected(trace, thread);
    if (thread->stop != DEAD) resume(thread, PTRACE_CONT);
  }
  return 0;
}

// Ends the tracing. What runs is let go by the end of this program; what stops meanwhile goes on with its signal.
void let_go(struct trace *trace) {
  if (trace->count > 0 && trace->threads[0].stop != DEAD) release_main(trace);
  for (size_t i = 1; i < trace->count; i++) {
    struct thread *thread = &trace->threads[i];
    if (thread->stop == DEAD || thread->stop == RUNNING) continue;
    ptrace(PTRACE_DETACH, thread->tid, NULL, (void *)(uintptr_t)thread->signal);
    thread->stop = RUNNING;
  }
  if (trace->stop_again) kill(trace->pid, SIGSTOP);
}
