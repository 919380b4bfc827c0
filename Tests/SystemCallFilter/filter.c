#define _GNU_SOURCE
#include "SystemCallFilter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
  enum refused_calls kind;
  unsigned number;
  // Where it is not 0, only calls with this bit in the third argument are refused.
  unsigned flag;
} calls_of_kinds[] = {
    {refused_memory_calls, SYS_mbind},
    {refused_memory_calls, SYS_set_mempolicy},
    {refused_memory_calls, SYS_get_mempolicy},
    {refused_memory_calls, SYS_move_pages},
    {refused_affinity_calls, SYS_sched_setaffinity},
    {refused_sharing_calls, SYS_memfd_create},
    {refused_unnamed_files, SYS_openat, O_TMPFILE & ~O_DIRECTORY},
    {refused_lock_calls, SYS_flock},
};
enum { call_count = sizeof calls_of_kinds / sizeof calls_of_kinds[0] };

int refuse_system_calls(unsigned calls) {
  struct sock_filter filter[5 * call_count + 2] = {
      // Numbers are those of this program's architecture: it starts no programs of another.
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
  };
  unsigned short length = 1;
  for (int call = 0; call < call_count; call++) {
    if (!(calls & calls_of_kinds[call].kind)) continue;
    const unsigned flag = calls_of_kinds[call].flag;
    const struct sock_filter unless_it_is =
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls_of_kinds[call].number, 0, flag ? 4 : 1);
    const struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    filter[length++] = unless_it_is;
    if (flag) {
      // The lower half of the argument, on machines that have it first, and the number again for
      // the other calls.
      const struct sock_filter look = BPF_STMT(
          BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 2 * sizeof(__u64));
      const struct sock_filter unless_it_has = BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 0, 1);
      const struct sock_filter back =
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
      filter[length++] = look;
      filter[length++] = unless_it_has;
      filter[length++] = refuse;
      filter[length++] = back;
    } else {
      filter[length++] = refuse;
    }
  }
  const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[length++] = allow;
  const struct sock_fprog program = {.len = length, .filter = filter};

  // Without it only root may filter.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  const long status =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return status == 0 ? 0 : errno;
}
