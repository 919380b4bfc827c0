#ifndef TESSERA_SYSTEM_CALL_FILTER_H
#define TESSERA_SYSTEM_CALL_FILTER_H

#ifdef __cplusplus
extern "C" {
#endif

// What containers refuse unless they are told otherwise: system calls that say where memory lies,
// and those that say where threads run. Also those that make memory for other processes. And what
// file systems refuse that are not of this machine: files without names, and locks.
enum refused_calls {
  refused_memory_calls = 1,
  refused_affinity_calls = 2,
  refused_sharing_calls = 4,
  refused_unnamed_files = 8,
  refused_lock_calls = 16
};

// Makes the kernel refuse those calls (EPERM) for all threads of the process and for what it
// starts, for good. Returns 0, or an error code.
int refuse_system_calls(unsigned calls);

#ifdef __cplusplus
}
#endif

#endif
