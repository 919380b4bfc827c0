// What others do with the same numbers: plain MPI, called as its users call it, on all ranks.
//
// Tessera must have initialised MPI. Every function returns 0, or an MPI error code. Counts must
// fit MPI's C ints.
#ifndef BENCHMARKS_CPEERS_H
#define BENCHMARKS_CPEERS_H

#include <stddef.h>

// MPI_Allreduce: sums in place.
int peer_mpi_all_reduce(float *values, size_t count);

// MPI_Bcast from rank 0.
int peer_mpi_broadcast(float *values, size_t count);

// MPI_Alltoallw of blocks: `in` holds this rank's rows of a rows × columns matrix, `out` gets its
// columns, both in row-major order and cut at ⌊rank · extent / ranks⌋.
int peer_mpi_redistribute(float *out, const float *in, size_t rows, size_t columns);

#endif
