// Puts new code into a running program by a plan that was made elsewhere, or takes it out again. It decides nothing: it checks,
// stops, compares, writes, calls, and undoes all of it when one of them fails. README.md has the formats, codes and limits.
#include "injector.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct limits { uint64_t pause_us, find_us, hook_us; };
struct work {
  const struct plan *plan;
  struct limits limits;
  struct trace trace;
  int memory;
  uint8_t *former;          // what stood where the plan writes
  size_t mapped;            // maps made
  size_t written;           // operations up to here are written
  uint64_t pause_us, map_pause_us, left_bytes;
  unsigned retries;
};

static int map_one(struct work *work, const struct op *op) {
  uint64_t arguments[6] = {op->address, op->size, (uint64_t)op->prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (uint64_t)-1, 0};
  int64_t value = -ENOMEM;
  int result = fault("map") ? 0 : remote_call(&work->trace, SYS_mmap, arguments, &value);
  // Made, whatever else went wrong: it is to be given back then.
  if ((uint64_t)value == op->address) work->mapped++;
  if (result || (uint64_t)value == op->address) return result;
  if (value == -EEXIST) return fail(UNDONE, "address-taken", "operation %zu: something is mapped there", (size_t)(op - work->plan->ops) + 1);
  if (value == -ENOMEM) return fail(UNDONE, "no-memory", "the target gets no more memory");
  return fail(UNDONE, "map-refused", "operation %zu: the kernel does not map that: %s", (size_t)(op - work->plan->ops) + 1, strerror(value < 0 ? (int)-value : EINVAL));
}

static int unmap(struct work *work, const struct op *op) {
  uint64_t arguments[6] = {op->address, op->size};
  int64_t value = -EINVAL;
  int result = fault("unmap") ? 0 : remote_call(&work->trace, SYS_munmap, arguments, &value);
  return result ? result : value == 0 ? 0 : fail(BROKEN, "unmap-refused", "memory could not be given back: %s", strerror((int)-value));
}

// Memory for the new code, made by the target itself at a stop of its main thread alone.
static int map_all(struct work *work) {
  const struct plan *plan = work->plan;
  if (plan->mapped_bytes == 0) return 0;
  int result = hold_main(&work->trace, now_us() + work->limits.find_us);
  uint64_t from = now_us();
  while (!result && work->mapped < plan->count && plan->ops[work->mapped].kind == OP_MAP) {
    if (work->mapped > 0 && now_us() - from > work->limits.pause_us) result = fail(GIVEN_UP, "pause-exceeded", "mapping took longer than the pause may");
    else result = map_one(work, &plan->ops[work->mapped]);
  }
  if (result) return result;
  if (fault("mapped")) return fail(UNDONE, "fault", "injected");
  result = release_main(&work->trace);
  work->map_pause_us = now_us() - from;
  return result;
}

// While the target runs: nothing refers to that memory yet.
static int fill_all(struct work *work) {
  const uint64_t piece = 256 << 10;
  for (size_t i = work->mapped; i < work->plan->count && work->plan->ops[i].kind == OP_FILL; i++) {
    const struct op *op = &work->plan->ops[i];
    for (uint64_t at = 0; at < op->size; at += piece) {
      int error = write_memory(work->memory, op->address + at, op->data + at, op->size - at < piece ? op->size - at : piece, "fill");
      int result = let_run(&work->trace, 0);
      if (result) return result;
      if (error == ESRCH) return fail(GONE, "gone", "process %d has ended", work->plan->pid);
      if (error) return fail(UNDONE, "memory-protected", "operation %zu: the kernel does not let its memory be filled: %s", i + 1, strerror(error));
    }
  }
  return fault("filled") ? fail(UNDONE, "fault", "injected") : 0;
}

static bool is_between(uint64_t at, const struct op *op, bool with_start) {
  return with_start ? at >= op->address && at < op->address + op->size : at > op->address && at < op->address + op->size;
}

// No thread may stand inside bytes that are about to change, nor have what is unmapped on its stack.
static bool is_clear(struct work *work) {
  static uint64_t stack[32768];
  const struct plan *plan = work->plan;
  bool unmaps = plan->ops[plan->count - 1].kind == OP_UNMAP;
  for (size_t i = 0; i < work->trace.count; i++) {
    struct user_regs_struct now;
    if (work->trace.threads[i].stop == DEAD) continue;
    if (registers_of(&work->trace.threads[i], &now)) return false;
    ssize_t words = 0;
    uint64_t end;
    bool executable;
    if (unmaps) {
      if (!in_mapping(plan->pid, now.rsp, &end, &executable)) return false;
      words = pread(work->memory, stack, end - now.rsp < sizeof stack ? end - now.rsp : sizeof stack, (off_t)now.rsp) / 8;
    }
    for (size_t j = 0; j < plan->count; j++) {
      const struct op *op = &plan->ops[j];
      if (op->kind == OP_WRITE && is_between(now.rip, op, false)) return false;
      if (op->kind != OP_UNMAP) continue;
      if (is_between(now.rip, op, true)) return false;
      for (ssize_t k = 0; k < words; k++)
        if (is_between(stack[k], op, true)) return false;
    }
  }
  return true;
}

static void note_pause(struct work *work, uint64_t since_us) {
  uint64_t pause_us = now_us() - since_us;
  if (pause_us > work->pause_us) work->pause_us = pause_us;
}

static int breathe(struct work *work, uint64_t since_us) {
  release_others(&work->trace);
  int result = release_main(&work->trace);
  note_pause(work, since_us);
  work->retries++;
  // A little longer each time, so that a busy target is not held up again and again.
  uint64_t rest = work->retries < 20 ? 1000 * work->retries : 20000;
  return result ? result : let_run(&work->trace, rest);
}

// Until every thread is held where it does no harm; `since_us` is when the pause began, 0 while there is none.
static int hold_all(struct work *work, uint64_t *since_us) {
  uint64_t until = now_us() + work->limits.find_us;
  for (;;) {
    // Once found, it is the others that are waited for, and the reason is theirs.
    int result = hold_main(&work->trace, work->retries > 0 ? until + work->limits.find_us : until);
    if (result) return result;
    *since_us = now_us();
    bool all = false;
    // The other half of the pause is for the work itself.
    result = hold_others(&work->trace, *since_us + work->limits.pause_us / 2, &all);
    if (result) return result;
    bool clear = all && is_clear(work);
    if (clear) return 0;
    if (now_us() >= until)
      return all ? fail(GIVEN_UP, "in-use", "what would change or go is in use") : fail(GIVEN_UP, "threads-busy", "other threads did not come to rest in time");
    result = breathe(work, *since_us);
    *since_us = 0;
    if (result) return result;
  }
}

static int write_all(struct work *work, uint64_t deadline_us) {
  const struct plan *plan = work->plan;
  for (size_t i = 0; i < plan->count; i++) {
    const struct op *op = &plan->ops[i];
    if (op->kind != OP_WRITE) continue;
    int error = write_memory(work->memory, op->address, op->data, op->size, "write");
    work->written = i + 1;
    if (error == ESRCH) return fail(GONE, "gone", "process %d has ended", plan->pid);
    if (error) return fail(UNDONE, "memory-protected", "operation %zu: the kernel does not let it be written: %s", i + 1, strerror(error));
    if (i % 64 == 0 && now_us() > deadline_us) return fail(GIVEN_UP, "pause-exceeded", "writing would have taken longer than the pause may");
  }
  return 0;
}

static int write_back(struct work *work) {
  const uint8_t *at = work->former;
  for (size_t i = 0; i < work->written; i++) {
    const struct op *op = &work->plan->ops[i];
    if (op->kind != OP_EXPECT) continue;
    if (op[1].kind == OP_WRITE && i + 1 < work->written && write_memory(work->memory, op->address, at, op->size, "write-back"))
      return fail(BROKEN, "not-undone", "operation %zu could not be undone", i + 2);
    at += op->size;
  }
  work->written = 0;
  return 0;
}

static int work_at_stop(struct work *work, uint64_t since_us) {
  const struct plan *plan = work->plan;
  uint64_t deadline_us = since_us + work->limits.pause_us;
  int result = compare_memory(plan, work->former, UNDONE);
  if (!result && now_us() > deadline_us) result = fail(GIVEN_UP, "pause-exceeded", "comparing took longer than the pause may");
  if (!result) result = write_all(work, deadline_us);
  for (size_t i = 0; !result && i < plan->count; i++) {
    if (plan->ops[i].kind != OP_HOOK) continue;
    uint64_t hook_until = now_us() + work->limits.hook_us;
    result = call_hook(&work->trace, work->memory, plan->ops[i].address, hook_until < deadline_us ? hook_until : deadline_us);
  }
  for (size_t i = 0; !result && i < plan->count; i++)
    if (plan->ops[i].kind == OP_UNMAP) result = unmap(work, &plan->ops[i]);
  return result;
}

// Everything as it was: bytes, then memory. Where the main thread is does not matter for the second. Once code of the plan has run,
// its memory stays: the target may keep pointers into it, to texts that it was handed or to what was registered with a library.
static void undo(struct work *work) {
  if (failure.result == GONE) return;
  enum result before = failure.result;
  bool undone = write_back(work) == 0;
  size_t kept = 0;
  for (size_t i = 0; i < work->mapped; i++) {
    if (undone && work->trace.hooked) {
      work->left_bytes += work->plan->ops[i].size;
      continue;
    }
    // New code that is still jumped to has to stay.
    if (undone && hold_anywhere(&work->trace, now_us() + 1000000) == 0 && unmap(work, &work->plan->ops[i]) == 0) continue;
    work->left_bytes += work->plan->ops[i].size;
    kept++;
  }
  if (work->trace.count > 0 && work->trace.threads[0].stop == DEAD) {
    failure = (struct failure){.result = DONE};
    fail(GONE, "gone", "process %d has ended", work->plan->pid);
    work->left_bytes = 0;
  } else if (kept > 0 || !undone) failure.result = BROKEN;
  else failure.result = before == REFUSED || before == GIVEN_UP || before == DENIED ? before : before == BROKEN ? BROKEN : UNDONE;
}

static int carry_out(struct work *work) {
  int result = seize_main(&work->trace);
  // Only what is held cannot become another process.
  if (!result) result = check_identity(work->plan, work->memory);
  if (!result) result = map_all(work);
  if (!result) result = fill_all(work);
  uint64_t since_us = 0;
  if (!result) result = hold_all(work, &since_us);
  if (!result) result = work_at_stop(work, since_us);
  if (result) undo(work);
  let_go(&work->trace);
  if (since_us > 0) note_pause(work, since_us);
  return result ? (int)failure.result : 0;
}

static int look(struct work *work, bool carry) {
  const struct plan *plan = work->plan;
  int result = open_memory(plan, &work->memory);
  if (!result) result = check_identity(plan, work->memory);
  if (!result) result = check_settings(plan);
  // From here on it reads the target's memory, which must not come to lie in a core file.
  if (!result && prctl(PR_SET_DUMPABLE, 0)) result = fail(DENIED, "kernel-refuses", "core files cannot be ruled out: %s", strerror(errno));
  if (!result) result = check_hooks(plan);
  if (!result) result = compare_memory(plan, work->former, REFUSED);
  return result || !carry ? result : carry_out(work);
}

static const char *const names[] = {"done", "usage", "refused", "given-up", "undone", "gone", "broken", "denied"};

static int report(const char *mode, const struct work *work, int result) {
  printf("{\"schema\":\"tearless.injector/v1\",\"mode\":\"%s\",\"result\":\"%s\",\"reason\":\"%s\",\"detail\":\"%s\",", mode, names[result],
         result ? failure.reason : "", result ? failure.detail : "");
  printf("\"pauseUs\":%" PRIu64 ",\"mapPauseUs\":%" PRIu64 ",\"retries\":%u,\"threads\":%zu,\"seccompSuspended\":%s,\"leftMappedBytes\":%" PRIu64 "}\n",
         work->pause_us, work->map_pause_us, work->retries, work->trace.count, work->trace.suspended ? "true" : "false", work->left_bytes);
  return fflush(stdout) == 0 ? result : result ? result : BROKEN;
}

static bool read_limit(const char *text, uint64_t *value) {
  char *end;
  errno = 0;
  unsigned long read = strtoul(text, &end, 10);
  *value = read;
  return text[0] >= '1' && text[0] <= '9' && *end == 0 && errno == 0 && read <= 600000000;
}

int main(int count, char **values) {
  struct plan plan = {0};
  struct work work = {.plan = &plan, .memory = -1, .limits = {.pause_us = 20000, .find_us = 5000000, .hook_us = 600000000}};
  const char *mode = count > 1 ? values[1] : "";
  bool known = strcmp(mode, "apply") == 0 || strcmp(mode, "rollback") == 0 || strcmp(mode, "check") == 0;
  bool usable = known && count >= 3 && count % 2 == 1;
  for (int i = 3; usable && i + 1 < count; i += 2) {
    uint64_t *limit = strcmp(values[i], "--max-pause-us") == 0 ? &work.limits.pause_us
                      : strcmp(values[i], "--find-us") == 0    ? &work.limits.find_us
                      : strcmp(values[i], "--hook-us") == 0    ? &work.limits.hook_us : NULL;
    usable = limit && read_limit(values[i + 1], limit);
  }
  if (!usable) {
    fprintf(stderr, "usage: injector apply|rollback|check DIRECTORY [--max-pause-us N] [--find-us N] [--hook-us N]\n");
    return USAGE;
  }
  // Nothing but SIGKILL ends this program while it holds another; what it takes is bounded.
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  // What waits for this program waits less on a busy machine; where that is not allowed, it does without.
  setpriority(PRIO_PROCESS, 0, -20);
  int result = read_plan(values[2], &plan);
  if (!result && strcmp(mode, "check") != 0 && (plan.kind == PLAN_APPLY) != (strcmp(mode, "apply") == 0))
    result = fail(REFUSED, "plan-kind", "the plan is for the other direction");
  if (!result && !(work.former = calloc(1, plan.changed_bytes + 1))) result = fail(REFUSED, "no-memory", "not enough memory");
  if (!result) {
    work.trace.pid = plan.pid;
    result = look(&work, strcmp(mode, "check") != 0);
  }
  if (work.memory >= 0) close(work.memory);
  result = report(mode, &work, result);
  free(work.former);
  free(work.trace.threads);
  free(plan.ops);
  free(plan.file);
  return result;
}
