/* Layouts, variables and functions of every kind that debug information is read for. Ours, MIT. */
#include <stddef.h>
#include <stdint.h>

typedef struct { int a; union { char b; long c; }; } anon_t;
enum colour { RED = -1, GREEN = 5, BLUE };
struct opaque;
struct node {
  struct node *next;
  const char *name;
  uint8_t flags : 3;
  unsigned wide : 20;
  int tail[4][2];
  anon_t inner;
  int (*hook)(struct node *, ...);
  enum colour colour;
  _Bool ok;
  volatile struct opaque *const hidden;
  char flex[];
};

int shared = 7;
static __thread int per_thread = 3;
struct node *list;

static __attribute__((noinline)) int counter(void) {
  static unsigned calls;
  return (int)++calls + per_thread++;
}
static inline __attribute__((always_inline)) int hot(int x) {
  static long inlined_static;
  return (int)(inlined_static += x);
}
__attribute__((noreturn, noinline)) void die(struct opaque *o) {
  (void)o;
  for (;;)
    ;
}
__attribute__((cold, noinline)) static void rare(void) { shared = 0; }
int run(int n, char **words) {
  if (n > 100) die(NULL);
  if (__builtin_expect(n == 99, 0)) rare();
  return counter() + hot(n) + shared + (words[0] != NULL) + (list != NULL && list->ok);
}
/* What the compiler itself says of the layouts: read by the test from .rodata. */
const size_t truth[] = {
    sizeof(struct node),          offsetof(struct node, next),  offsetof(struct node, name),   offsetof(struct node, tail),
    offsetof(struct node, inner), offsetof(struct node, hook),  offsetof(struct node, colour), offsetof(struct node, ok),
    offsetof(struct node, hidden), offsetof(struct node, flex), sizeof(anon_t),                offsetof(anon_t, c),
};
