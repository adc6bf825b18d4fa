// What the parts of the injector share: results, the plan, the target, its threads. See README.md for what it does and why.
#pragma once
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

// Exit codes, and by name the results in the output.
enum result { DONE = 0, USAGE = 1, REFUSED = 2, GIVEN_UP = 3, UNDONE = 4, GONE = 5, BROKEN = 6, DENIED = 7 };

// Records why, for the output; the first one counts. No word of it may come from the target's memory.
int fail(enum result result, const char *reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct failure { enum result result; char reason[40]; char detail[200]; };
extern struct failure failure;

uint64_t now_us(void);

// Injected errors: without INJECT_FAULTS nothing of this is in the program.
#ifdef INJECT_FAULTS
bool fault(const char *point);
long fault_value(const char *point, long otherwise);
#else
#define fault(point) false
#define fault_value(point, otherwise) (otherwise)
#endif

void sha256(const uint8_t *bytes, size_t length, uint8_t digest[32]);

enum op_kind { OP_MAP = 1, OP_FILL = 2, OP_EXPECT = 3, OP_WRITE = 4, OP_HOOK = 5, OP_UNMAP = 6 };
enum plan_kind { PLAN_APPLY = 1, PLAN_ROLLBACK = 2 };
struct op { enum op_kind kind; int prot; uint64_t address, size; const uint8_t *data; };
struct plan {
  enum plan_kind kind;
  pid_t pid;
  uint64_t start_ticks;
  uint8_t build_id[32];
  size_t build_id_length;
  struct op *ops;
  size_t count;
  size_t change_count;      // expects and writes
  uint64_t changed_bytes;   // of expects
  uint64_t mapped_bytes;
  uint8_t *file;            // what data points into
};
int read_plan(const char *directory, struct plan *plan);
int parse_plan(uint8_t *file, size_t length, struct plan *plan);

int open_memory(const struct plan *plan, int *memory);
int check_identity(const struct plan *plan, int memory);
int check_settings(const struct plan *plan);
int check_hooks(const struct plan *plan);
int compare_memory(const struct plan *plan, uint8_t *found, enum result otherwise);
int write_memory(int memory, uint64_t address, const uint8_t *data, uint64_t size, const char *point);
int in_mapping(pid_t pid, uint64_t address, uint64_t *end, bool *executable);
long status_number(pid_t pid, const char *name, int base);
bool has_ended(pid_t tid);
int denied(pid_t pid, const char *what, int error);

enum stop { RUNNING, AT_ENTRY, AT_EXIT, AT_EVENT, AT_SIGNAL, AT_GROUP, AT_EXEC, DEAD };
struct thread { pid_t tid; enum stop stop; int signal; bool quiet, wait_restarts; long waits; };
struct trace {
  pid_t pid;
  struct thread *threads;   // the main thread first
  size_t count, room;
  bool suspended;           // the target's seccomp filters, while traced
  bool stop_again;          // a stop signal came at the wrong time
  bool parked;              // `held` is what the main thread goes on with
  bool hooked;              // code of the plan has run
  struct user_regs_struct held;
  uint64_t signal_mask;
  uint64_t syscall_at;      // address of a syscall instruction in the target
};
int seize_main(struct trace *trace);
int hold_main(struct trace *trace, uint64_t deadline_us);
int hold_anywhere(struct trace *trace, uint64_t deadline_us);
int hold_others(struct trace *trace, uint64_t deadline_us, bool *all);
int registers_of(struct thread *thread, struct user_regs_struct *registers);
int remote_call(struct trace *trace, long number, const uint64_t arguments[6], int64_t *value);
int call_hook(struct trace *trace, int memory, uint64_t address, uint64_t deadline_us);
int release_main(struct trace *trace);
void release_others(struct trace *trace);
int let_run(struct trace *trace, uint64_t for_us);
void let_go(struct trace *trace);
