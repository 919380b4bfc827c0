#ifndef TESSERA_FORKED_PROCESS_H
#define TESSERA_FORKED_PROCESS_H

#ifdef __cplusplus
extern "C" {
#endif

// Runs a function in a child of this process (fork), which then ends with status 0. Returns the
// child's status, or -1 where there was no child, or a signal has ended it.
int run_in_child(void (*body)(void));

#ifdef __cplusplus
}
#endif

#endif
