// Why something failed, for the output; the clock; and, in tests, errors that are injected where real ones cannot be had.
#include "injector.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct failure failure;

int fail(enum result result, const char *reason, const char *format, ...) {
  if (failure.result != DONE) return (int)result;
  failure.result = result;
  snprintf(failure.reason, sizeof failure.reason, "%s", reason);
  va_list values;
  va_start(values, format);
  vsnprintf(failure.detail, sizeof failure.detail, format, values);
  va_end(values);
  return (int)result;
}

uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

#ifdef INJECT_FAULTS
// TEARLESS_FAULTS is a list `point=errno[@turn]`, `point=kill[@turn]` or `point=value`, with commas between.
static char *find_fault(const char *point) {
  static char text[512];
  if (!text[0]) snprintf(text, sizeof text, ",%s", getenv("TEARLESS_FAULTS") ? getenv("TEARLESS_FAULTS") : "");
  char key[64];
  snprintf(key, sizeof key, ",%s=", point);
  char *at = strstr(text, key);
  return at ? at + strlen(key) : NULL;
}
bool fault(const char *point) {
  static struct { const char *point; long seen; } turns[16];
  char *at = find_fault(point), *end;
  if (!at) return false;
  long error = strtol(at, &end, 10), turn = 0;
  bool kills = strncmp(at, "kill", 4) == 0;
  if (kills) end = at + 4;
  if (*end == '@') turn = strtol(end + 1, NULL, 10);
  size_t i = 0;
  while (i < 15 && turns[i].point && strcmp(turns[i].point, point) != 0) i++;
  turns[i].point = point;
  if (turn && ++turns[i].seen != turn) return false;
  if (kills) raise(SIGKILL);
  errno = (int)error;
  return true;
}
long fault_value(const char *point, long otherwise) {
  char *at = find_fault(point);
  return at ? strtol(at, NULL, 10) : otherwise;
}
#endif
