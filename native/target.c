// What the target is, what of it may be looked at and written, and why not: /proc, and its memory through /proc/PID/mem.
#include "injector.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t read_proc(pid_t pid, const char *name, char *into, size_t room) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t at = 0;
  ssize_t got = 0;
  while (at < room - 1 && (got = read(fd, into + at, room - 1 - at)) > 0) at += (size_t)got;
  close(fd);
  into[at] = 0;
  return got < 0 ? -1 : (ssize_t)at;
}

// A number of /proc/PID/status; -1 where there is none.
long status_number(pid_t pid, const char *name, int base) {
  char text[8192];
  if (read_proc(pid, "status", text, sizeof text) < 0) return -1;
  for (char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') return strtol(line + strlen(name) + 1, NULL, base);
  }
  return -1;
}

// Gone, or only waiting to be noticed.
bool has_ended(pid_t tid) {
  char text[1024];
  char *at = read_proc(tid, "stat", text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
  return !at || at[1] == 0 || at[2] == 'Z' || at[2] == 'X';
}

static const int cap_sys_ptrace = 19, cap_sys_admin = 21;

static long yama_scope(void) {
  char text[16] = "-1";
  int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    ssize_t got = read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = 0;
    close(fd);
  }
  return fault_value("yama", strtol(text, NULL, 10));
}

// Why a target, or a thread of it, may not be traced, as far as it can be told from outside.
int denied(pid_t pid, const char *what, int error) {
  if (error == ESRCH || error == ENOENT) return fail(GONE, "gone", "process %d is not there", pid);
  long scope = yama_scope(), capabilities = status_number(getpid(), "CapEff", 16);
  bool capable = fault_value("capable", capabilities >> cap_sys_ptrace & 1);
  if (error != EPERM && error != EACCES) return fail(DENIED, "kernel-refuses", "%s: %s", what, strerror(error));
  if (scope == 3) return fail(DENIED, "yama-no-attach", "kernel.yama.ptrace_scope is 3: no process may be traced until the machine starts anew");
  long tracer = status_number(pid, "TracerPid", 10);
  if (tracer > 0 && tracer != getpid()) return fail(DENIED, "already-traced", "%s: %d is being traced by process %ld", what, pid, tracer);
  if (!capable && scope == 2) return fail(DENIED, "yama-admin-only", "kernel.yama.ptrace_scope is 2 and CAP_SYS_PTRACE is missing");
  if (!capable && scope == 1) return fail(DENIED, "yama-descendants-only", "kernel.yama.ptrace_scope is 1 and CAP_SYS_PTRACE is missing");
  if (!capable) return fail(DENIED, "capability-missing", "%s needs CAP_SYS_PTRACE", what);
  if (status_number(getpid(), "Seccomp", 10) > 0) return fail(DENIED, "own-seccomp", "%s: a filter on this program's own system calls is in the way", what);
  return fail(DENIED, "security-module", "%s: %s; a security module, or a namespace that is not ours", what, strerror(error));
}

int open_memory(const struct plan *plan, int *memory) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", plan->pid);
  *memory = fault("mem-open") ? -1 : open(path, O_RDWR | O_CLOEXEC);
  return *memory >= 0 ? 0 : denied(plan->pid, "opening the target's memory", errno);
}

static bool read_memory(int memory, uint64_t address, void *into, size_t size) {
  return pread(memory, into, size, (off_t)address) == (ssize_t)size;
}

// The program's own note, found through the headers that the kernel told it of. The file may be gone from the disk.
static size_t read_build_id(pid_t pid, int memory, uint8_t id[32]) {
  union { char bytes[2048]; Elf64_auxv_t entries[128]; } vector;
  ssize_t length = read_proc(pid, "auxv", vector.bytes, sizeof vector.bytes);
  uint64_t at = 0, count = 0, bias = 0;
  for (ssize_t i = 0; i < length / (ssize_t)sizeof(Elf64_auxv_t); i++) {
    if (vector.entries[i].a_type == AT_PHDR) at = vector.entries[i].a_un.a_val;
    if (vector.entries[i].a_type == AT_PHNUM) count = vector.entries[i].a_un.a_val;
  }
  Elf64_Phdr headers[64];
  if (at == 0 || count == 0 || count > 64 || !read_memory(memory, at, headers, count * sizeof *headers)) return 0;
  for (uint64_t i = 0; i < count; i++)
    if (headers[i].p_type == PT_PHDR) bias = at - headers[i].p_vaddr;
  for (uint64_t i = 0; i < count; i++) {
    uint8_t notes[4096];
    size_t size = headers[i].p_memsz;
    if (headers[i].p_type != PT_NOTE || size > sizeof notes || !read_memory(memory, bias + headers[i].p_vaddr, notes, size)) continue;
    for (size_t from = 0; size - from >= sizeof(Elf64_Nhdr);) {
      Elf64_Nhdr note;
      memcpy(&note, notes + from, sizeof note);
      size_t name = from + sizeof note, value = name + (((size_t)note.n_namesz + 3) & ~(size_t)3);
      size_t next = value + (((size_t)note.n_descsz + 3) & ~(size_t)3);
      if (next > size || next <= from) break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(notes + name, "GNU", 4) == 0 && note.n_descsz <= 32) {
        memcpy(id, notes + value, note.n_descsz);
        return note.n_descsz;
      }
      from = next;
    }
  }
  return 0;
}

// It must be the very process and the very program that the plan was made for.
int check_identity(const struct plan *plan, int memory) {
  char text[1024];
  if (read_proc(plan->pid, "stat", text, sizeof text) <= 0) return fail(GONE, "gone", "process %d is not there", plan->pid);
  char *at = strrchr(text, ')');
  char state = 0;
  uint64_t start = 0;
  // Fields 3 (state) and 22 (start time) of proc(5); a name may hold anything.
  if (!at || sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64, &state, &start) != 2)
    return fail(DENIED, "kernel-refuses", "/proc/%d/stat cannot be read", plan->pid);
  if (start != plan->start_ticks) return fail(REFUSED, "other-process", "process %d was started at another time", plan->pid);
  if (state == 'Z' || state == 'X') return fail(GONE, "gone", "process %d has ended", plan->pid);
  if (state == 'T') return fail(REFUSED, "stopped", "process %d is stopped", plan->pid);
  uint8_t id[32];
  size_t length = read_build_id(plan->pid, memory, id);
  if (length != plan->build_id_length || memcmp(id, plan->build_id, length) != 0)
    return fail(REFUSED, "other-program", "process %d runs another program than the plan was made for", plan->pid);
  return 0;
}

// Tries on a child of our own what the kernel lets a tracer do: the setting itself cannot be read.
static int check_forced_writes(void) {
  void *sealed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pid_t child = sealed == MAP_FAILED ? -1 : fork();
  if (child < 0) return fail(DENIED, "kernel-refuses", "no process to try on: %s", strerror(errno));
  if (child == 0)
    for (;;) pause();
  int result = 0, memory = -1;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", child);
  if (fault("probe-seize") || ptrace(PTRACE_SEIZE, child, NULL, NULL)) result = denied(child, "tracing a child", errno);
  else if ((memory = open(path, O_RDWR | O_CLOEXEC)) < 0) result = denied(child, "opening a child's memory", errno);
  else if (fault("probe-write") || pwrite(memory, "x", 1, (off_t)(uintptr_t)sealed) != 1)
    result = fail(DENIED, "memory-protected", "the kernel lets nobody write to protected memory (proc_mem.force_override)");
  if (memory >= 0) close(memory);
  kill(child, SIGKILL);
  waitpid(child, NULL, __WALL);
  munmap(sealed, 4096);
  return result;
}

int check_settings(const struct plan *plan) {
  long tracer = status_number(plan->pid, "TracerPid", 10);
  if (tracer > 0) return fail(DENIED, "already-traced", "process %d is being traced by process %ld", plan->pid, tracer);
  if (yama_scope() == 3) return denied(plan->pid, "tracing", EPERM);
  bool admin = fault_value("admin", status_number(getpid(), "CapEff", 16) >> cap_sys_admin & 1);
  if (!admin && status_number(plan->pid, "Seccomp", 10) > 0)
    return fail(DENIED, "seccomp-active", "the target filters its system calls, and suspending that needs CAP_SYS_ADMIN");
  if (status_number(getpid(), "Seccomp", 10) > 0 && status_number(plan->pid, "Seccomp", 10) > 0)
    return fail(DENIED, "own-seccomp", "the target filters its system calls, and only who has no such filter may suspend that");
  return check_forced_writes();
}

int in_mapping(pid_t pid, uint64_t address, uint64_t *end, bool *executable) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "re");
  if (!maps) return 0;
  int found = 0;
  while (!found && fgets(line, sizeof line, maps)) {
    uint64_t from, to;
    char rights[5];
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to, rights) != 3) continue;
    if (address < from || address >= to) continue;
    found = 1;
    *end = to;
    *executable = rights[2] == 'x';
  }
  fclose(maps);
  return found;
}

// Hooks must lie in code: of the plan, or of the target.
int check_hooks(const struct plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    if (plan->ops[i].kind != OP_HOOK) continue;
    uint64_t at = plan->ops[i].address, end;
    bool executable = false;
    for (size_t j = 0; j < plan->count && plan->ops[j].kind == OP_MAP; j++)
      executable |= plan->ops[j].prot & PROT_EXEC && at >= plan->ops[j].address && at < plan->ops[j].address + plan->ops[j].size;
    if (!executable && !in_mapping(plan->pid, at, &end, &executable)) executable = false;
    if (!executable) return fail(REFUSED, "hook-not-code", "operation %zu: no code is there", i + 1);
  }
  return 0;
}

// A rollback may find its work half done, by one that was killed: what is already as it should be is right too.
static bool is_as_expected(const struct plan *plan, size_t index, const uint8_t *found) {
  const struct op *op = &plan->ops[index];
  if (memcmp(found, op->data, op->size) == 0) return true;
  if (plan->kind != PLAN_ROLLBACK || index + 1 == plan->count || op[1].kind != OP_WRITE) return false;
  uint64_t same = 0;
  while (same < op->size && found[same] == op[1].data[same]) same++;
  return memcmp(found + same, op->data + same, op->size - same) == 0;
}

// Reads what all the expects name, many at a time, into `found`, one behind the other, and compares it.
int compare_memory(const struct plan *plan, uint8_t *found, enum result otherwise) {
  struct iovec here[512], there[512];
  uint8_t *at = found;
  for (size_t i = 0; i < plan->count;) {
    size_t count = 0, from = i;
    ssize_t size = 0;
    for (; i < plan->count && count < 512; i++) {
      const struct op *op = &plan->ops[i];
      if (op->kind != OP_EXPECT) continue;
      here[count] = (struct iovec){.iov_base = at + size, .iov_len = op->size};
      there[count++] = (struct iovec){.iov_base = (void *)(uintptr_t)op->address, .iov_len = op->size};
      size += (ssize_t)op->size;
    }
    if (count == 0) break;
    errno = 0;
    if (process_vm_readv(plan->pid, here, count, there, count, 0) != size) {
      if (errno == ESRCH) return fail(GONE, "gone", "process %d has ended", plan->pid);
      return fail(otherwise, "memory-unreadable", "operations %zu to %zu: not all of it is there", from + 1, i);
    }
    for (size_t j = from; j < i; j++) {
      if (plan->ops[j].kind != OP_EXPECT) continue;
      if (!is_as_expected(plan, j, at)) return fail(otherwise, "memory-differs", "operation %zu: the target holds something else there", j + 1);
      at += plan->ops[j].size;
    }
  }
  return 0;
}

int write_memory(int memory, uint64_t address, const uint8_t *data, uint64_t size, const char *point) {
  (void)point;
  for (uint64_t done = 0; done < size;) {
    ssize_t wrote = fault(point) ? -1 : pwrite(memory, data + done, size - done, (off_t)(address + done));
    if (wrote <= 0) return wrote == 0 ? ESRCH : errno;
    done += (uint64_t)wrote;
  }
  return 0;
}
