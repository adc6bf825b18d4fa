// Reads a plan and checks all of it, before anything is known of the target. The format stands in README.md.
#include "injector.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const size_t header_bytes = 80, record_bytes = 24, digest_bytes = 32;
static const uint64_t most_file_bytes = 64 << 20, most_mapped_bytes = 256 << 20, most_changed_bytes = 16 << 20;
static const uint32_t most_ops = 1 << 17, most_hooks = 16;
static const uint64_t lowest = 0x10000, highest = 0x7ffffffff000, page = 4096;

static uint64_t number(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
  return value;
}

static bool is_zero(const uint8_t *at, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (at[i] != 0) return false;
  return true;
}

static int bad(size_t index, const char *why) { return fail(REFUSED, "plan-bad", "operation %zu: %s", index + 1, why); }

// Operations stand in the order in which they happen.
static int phase(enum op_kind kind) {
  static const int phases[] = {0, 1, 2, 3, 3, 4, 5};
  return phases[kind];
}

static const struct op *map_around(const struct plan *plan, const struct op *op) {
  for (size_t i = 0; i < plan->count && plan->ops[i].kind == OP_MAP; i++) {
    const struct op *map = &plan->ops[i];
    if (op->address >= map->address && op->address + op->size <= map->address + map->size) return map;
  }
  return NULL;
}

static int check_op(struct plan *plan, size_t index) {
  struct op *op = &plan->ops[index];
  const struct op *before = index == 0 ? NULL : op - 1;
  if (before && phase(before->kind) > phase(op->kind)) return bad(index, "stands after what happens later");
  if (op->address < lowest || op->address >= highest || op->size > highest - op->address)
    return bad(index, "no address of a program");
  if (op->kind != OP_MAP && op->prot != 0) return bad(index, "only memory that is mapped has a protection");
  bool is_pair = op->kind == OP_WRITE && before && before->kind == OP_EXPECT;
  if (before && phase(before->kind) == phase(op->kind) && op->kind != OP_HOOK && !is_pair &&
      op->address < before->address + before->size)
    return bad(index, "overlaps the one before, or is out of order");
  switch (op->kind) {
  case OP_MAP:
    if (op->prot != PROT_READ && op->prot != (PROT_READ | PROT_WRITE) && op->prot != (PROT_READ | PROT_EXEC))
      return bad(index, "memory may be read, read and written, or read and run");
    // fall through
  case OP_UNMAP:
    if (op->kind == OP_UNMAP && plan->kind != PLAN_ROLLBACK) return bad(index, "only a rollback unmaps");
    if (op->size == 0 || op->size % page || op->address % page) return bad(index, "not whole pages");
    plan->mapped_bytes += op->kind == OP_MAP ? op->size : 0;
    if (op->size > most_mapped_bytes || plan->mapped_bytes > most_mapped_bytes) return bad(index, "too much memory");
    return 0;
  case OP_FILL:
    return op->size > 0 && map_around(plan, op) ? 0 : bad(index, "fills memory that the plan does not map");
  case OP_EXPECT:
    plan->changed_bytes += op->size;
    plan->change_count++;
    return op->size > 0 && plan->changed_bytes <= most_changed_bytes ? 0 : bad(index, "nothing or too much to compare");
  case OP_WRITE:
    plan->change_count++;
    return is_pair && before->address == op->address && before->size == op->size
               ? 0
               : bad(index, "what is written over must be expected just before, in the same place and length");
  case OP_HOOK:
    return op->size == 0 ? 0 : bad(index, "a hook has no length");
  }
  return bad(index, "unknown kind");
}

// Takes the file's memory over.
int parse_plan(uint8_t *file, size_t length, struct plan *plan) {
  *plan = (struct plan){.file = file};
  if (length < header_bytes + digest_bytes || memcmp(file, "tearless", 8) != 0)
    return fail(REFUSED, "plan-bad", "not a plan, or not all of it");
  if (number(file + 8, 4) != 1) return fail(REFUSED, "plan-version", "a plan of version %u; this program knows 1", (unsigned)number(file + 8, 4));
  if (number(file + 16, 8) != length) return fail(REFUSED, "plan-truncated", "the plan is not as long as it says");
  uint8_t digest[32];
  sha256(file, length - digest_bytes, digest);
  if (memcmp(digest, file + length - digest_bytes, digest_bytes) != 0)
    return fail(REFUSED, "plan-changed", "the plan's hash is not that of its content");
  uint64_t kind = number(file + 12, 4), pid = number(file + 24, 4), count = number(file + 28, 4);
  plan->start_ticks = number(file + 32, 8);
  plan->build_id_length = file[40];
  if ((kind != PLAN_APPLY && kind != PLAN_ROLLBACK) || pid < 2 || pid > (1 << 22) || count == 0 || count > most_ops ||
      plan->build_id_length < 8 || plan->build_id_length > 32 || !is_zero(file + 41, 7) ||
      !is_zero(file + 48 + plan->build_id_length, 32 - plan->build_id_length))
    return fail(REFUSED, "plan-bad", "its head holds what it may not");
  plan->kind = (enum plan_kind)kind;
  plan->pid = (pid_t)pid;
  memcpy(plan->build_id, file + 48, 32);
  plan->ops = calloc(count, sizeof *plan->ops);
  if (!plan->ops) return fail(REFUSED, "no-memory", "not enough memory for the plan");
  size_t at = header_bytes, end = length - digest_bytes, hooks = 0;
  for (size_t i = 0; i < count; i++) {
    if (end - at < record_bytes) return bad(i, "is cut off");
    struct op *op = &plan->ops[i];
    uint64_t of = number(file + at, 2);
    if (of < OP_MAP || of > OP_UNMAP || number(file + at + 4, 4) != 0) return bad(i, "unknown kind");
    *op = (struct op){.kind = (enum op_kind)of, .prot = (int)number(file + at + 2, 2), .address = number(file + at + 8, 8), .size = number(file + at + 16, 8)};
    at += record_bytes;
    if (op->kind == OP_FILL || op->kind == OP_EXPECT || op->kind == OP_WRITE) {
      uint64_t padded = (op->size + 7) & ~(uint64_t)7;
      if (op->size > most_file_bytes || padded > end - at) return bad(i, "is cut off");
      op->data = file + at;
      if (!is_zero(file + at + op->size, padded - op->size)) return bad(i, "its padding is not empty");
      at += padded;
    }
    hooks += op->kind == OP_HOOK;
    plan->count = i + 1;
    int result = check_op(plan, i);
    if (result) return result;
  }
  if (hooks > most_hooks) return fail(REFUSED, "plan-bad", "more than %u hooks", most_hooks);
  return at == end ? 0 : fail(REFUSED, "plan-bad", "something stands behind the last operation");
}

// Who can write there decides what the target does: it has to be the user alone that this program runs as, root.
static int check_place(const struct stat *found, const char *what, mode_t type) {
  if ((found->st_mode & S_IFMT) != type) return fail(REFUSED, "place-bad", "%s is something else", what);
  if (found->st_uid != geteuid()) return fail(REFUSED, "place-owner", "%s belongs to user %u, not to %u", what, found->st_uid, geteuid());
  mode_t others = type == S_IFDIR ? (found->st_mode & 07777) ^ 0700 : found->st_mode & 07077;
  if (others) return fail(REFUSED, "place-mode", "%s has mode %04o", what, found->st_mode & 07777);
  return 0;
}

int read_plan(const char *directory, struct plan *plan) {
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  int folder = (int)syscall(SYS_openat2, AT_FDCWD, directory, &how, sizeof how);
  if (folder < 0) return fail(REFUSED, errno == ELOOP ? "place-link" : "place-bad", "the directory cannot be opened: %s", strerror(errno));
  struct stat found;
  int result = fstat(folder, &found) ? fail(REFUSED, "place-bad", "the directory: %s", strerror(errno)) : check_place(&found, "the directory", S_IFDIR);
  int fd = result ? -1 : openat(folder, "plan", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (!result && fd < 0) result = fail(REFUSED, errno == ELOOP ? "place-link" : "place-bad", "the plan cannot be opened: %s", strerror(errno));
  close(folder);
  if (!result) result = fstat(fd, &found) ? fail(REFUSED, "place-bad", "the plan: %s", strerror(errno)) : check_place(&found, "the plan", S_IFREG);
  if (!result && found.st_nlink != 1) result = fail(REFUSED, "place-link", "the plan has another name elsewhere");
  if (!result && (uint64_t)found.st_size > most_file_bytes) result = fail(REFUSED, "plan-bad", "the plan is too long");
  if (result) {
    if (fd >= 0) close(fd);
    return result;
  }
  size_t length = (size_t)found.st_size, at = 0;
  uint8_t *file = malloc(length + 1);
  while (file && at < length) {
    ssize_t got = read(fd, file + at, length - at);
    if (got <= 0) break;
    at += (size_t)got;
  }
  close(fd);
  if (!file) return fail(REFUSED, "no-memory", "not enough memory for the plan");
  return parse_plan(file, at, plan);
}
