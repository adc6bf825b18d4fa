// A program for tests of the injector: waits for events as libevent's backends do, beside worker threads, answers on a socket.
// Arguments: epoll|epoll_pwait|poll|select, number of workers, rest|busy|calls (into the kernel)|turns (work in turn), plain|seccomp|never (does not wait).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

volatile int value = 7, hooks = 0, signals = 0, interrupted = 0;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;

__attribute__((noinline, noipa, aligned(64))) int answer(void) { __asm__ volatile("nop;nop;nop;nop;nop;nop;nop;nop"); return 1; }
__attribute__((noinline, noipa)) int hook_works(void) { hooks++; free(malloc(5000)); return 0; }
__attribute__((noinline, noipa)) int hook_fails(void) { hooks++; return 3; }
__attribute__((noinline, noipa)) int hook_loops(void) { hooks++; for (;;) __asm__ volatile(""); }
__attribute__((noinline, noipa)) int hook_sleeps(void) { hooks++; sleep(60); return 0; }
__attribute__((noinline, noipa)) int hook_crashes(void) { hooks++; __asm__ volatile("movl $1, 16"); return 0; }
__attribute__((noinline, noipa)) int hook_aborts(void) { hooks++; __asm__ volatile("ud2"); return 0; }
__attribute__((noinline, noipa)) int hook_signals(void) { hooks++; kill(getpid(), SIGUSR1); return 0; }
__attribute__((noinline, noipa)) int hook_stops(void) { hooks++; kill(getpid(), SIGSTOP); return 0; }
__attribute__((noinline, noipa)) int hook_kills(void) { kill(getpid(), SIGKILL); return 0; }
__attribute__((noinline, noipa)) int hook_exits(void) { _exit(9); }

static void on_signal(int number) { (void)number; signals++; }

static void *rest(void *unused) {
  pthread_mutex_lock(&lock);
  for (;;) pthread_cond_wait(&work, &lock);
  return unused;
}
static void *busy(void *unused) { for (;;) answer(); return unused; }
static void *calls(void *unused) { for (;;) syscall(SYS_getppid); return unused; }
static long workers = 0, turn = 0;
static void *turns(void *mine) {
  pthread_mutex_lock(&lock);
  for (;;) {
    while (turn != (long)mine) pthread_cond_wait(&work, &lock);
    answer();
    turn = (turn + 1) % workers;
    pthread_cond_broadcast(&work);
  }
  return mine;
}

static int wait_for(const char *how, int queue, int listener, int client) {
  errno = EINTR;
  if (how[0] == 'e') {
    struct epoll_event events[4];
    int n = strcmp(how, "epoll") == 0 ? epoll_wait(queue, events, 4, -1) : epoll_pwait(queue, events, 4, 60000, NULL);
    return n > 0 ? events[0].data.fd : -1;
  }
  if (how[0] == 'p') {
    struct pollfd fds[2] = {{listener, POLLIN, 0}, {client, POLLIN, 0}};
    int n = poll(fds, 2, 60000);
    return n <= 0 ? -1 : fds[0].revents ? listener : client;
  }
  fd_set set;
  FD_ZERO(&set);
  FD_SET(listener, &set);
  if (client >= 0) FD_SET(client, &set);
  struct timeval time = {60, 0};
  int n = select((client > listener ? client : listener) + 1, &set, NULL, NULL, &time);
  return n <= 0 ? -1 : FD_ISSET(listener, &set) ? listener : client;
}

int main(int count, char **values) {
  if (count != 5) return 2;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0), queue = epoll_create1(0), client = -1;
  if (bind(listener, (struct sockaddr *)&at, length) || listen(listener, 5) || getsockname(listener, (struct sockaddr *)&at, &length)) return 1;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(queue, EPOLL_CTL_ADD, listener, &event);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  pthread_mutex_lock(&lock);
  workers = atoi(values[2]);
  for (long i = 0; i < workers; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, strcmp(values[3], "busy") == 0 ? busy : strcmp(values[3], "calls") == 0 ? calls : strcmp(values[3], "turns") == 0 ? turns : rest, (void *)i);
  }
  pthread_mutex_unlock(&lock);
  if (strcmp(values[4], "seccomp") == 0) {
    // Executable memory is not given; a call that is none kills.
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1000, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 1;
  }
#define SHOW(name) printf("\"%s\":\"%lx\",", #name, (unsigned long)(void *)name)
  printf("{");
  SHOW(answer); SHOW(&value); SHOW(hook_works); SHOW(hook_fails); SHOW(hook_loops); SHOW(hook_sleeps); SHOW(hook_crashes); SHOW(hook_aborts); SHOW(hook_exits); SHOW(hook_signals); SHOW(hook_stops); SHOW(hook_kills);
  printf("\"port\":\"%d\"}\n", ntohs(at.sin_port));
  fflush(stdout);
  if (strcmp(values[4], "never") == 0) for (;;) answer();
  for (;;) {
    int ready = wait_for(values[1], queue, listener, client);
    if (ready < 0) {
      if (errno != EINTR) return 3;
      interrupted++;
    } else if (ready == listener) {
      client = accept(listener, NULL, NULL);
      event.data.fd = client;
      epoll_ctl(queue, EPOLL_CTL_ADD, client, &event);
    } else {
      char line[64];
      if (read(client, line, sizeof line) <= 0) return 0;
      dprintf(client, "%d %d %d %d\n", answer(), value, hooks, signals);
    }
  }
}
