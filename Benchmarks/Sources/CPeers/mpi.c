#include <limits.h>
#include <mpi.h>
#include <stdlib.h>

#include "CPeers.h"

int peer_mpi_all_reduce(float *values, size_t count) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  return MPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

int peer_mpi_broadcast(float *values, size_t count) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  return MPI_Bcast(values, (int)count, MPI_FLOAT, 0, MPI_COMM_WORLD);
}

static int cut(size_t extent, int part, int parts) {
  return (int)(extent * (size_t)part / (size_t)parts);
}

// One block of a matrix; an empty one is none.
static int make_block(const int sizes[2], const int block[2], const int start[2], int *count,
                      MPI_Datatype *type) {
  *count = block[0] > 0 && block[1] > 0;
  *type = MPI_FLOAT;
  if (*count == 0) return MPI_SUCCESS;
  int code = MPI_Type_create_subarray(2, sizes, block, start, MPI_ORDER_C, MPI_FLOAT, type);
  return code == MPI_SUCCESS ? MPI_Type_commit(type) : code;
}

int peer_mpi_redistribute(float *out, const float *in, size_t rows, size_t columns) {
  if (rows > INT_MAX || columns > INT_MAX) return MPI_ERR_COUNT;
  int rank, ranks;
  int code = MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (code == MPI_SUCCESS) code = MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (code != MPI_SUCCESS) return code;
  int *numbers = calloc(4 * (size_t)ranks, sizeof *numbers);
  MPI_Datatype *types = malloc(2 * (size_t)ranks * sizeof *types);
  if (numbers == NULL || types == NULL) {
    free(numbers);
    free(types);
    return MPI_ERR_NO_MEM;
  }
  int *const send_counts = numbers, *const receive_counts = numbers + ranks;
  int *const displacements = numbers + 2 * ranks;
  MPI_Datatype *const send_types = types, *const receive_types = types + ranks;
  const int my_rows = cut(rows, rank + 1, ranks) - cut(rows, rank, ranks);
  const int my_columns = cut(columns, rank + 1, ranks) - cut(columns, rank, ranks);
  int made = 0;
  for (; made < ranks && code == MPI_SUCCESS; ++made) {
    const int row = cut(rows, made, ranks), column = cut(columns, made, ranks);
    const int its_rows = cut(rows, made + 1, ranks) - row;
    const int its_columns = cut(columns, made + 1, ranks) - column;
    code = make_block((int[]){my_rows, (int)columns}, (int[]){my_rows, its_columns},
                      (int[]){0, column}, &send_counts[made], &send_types[made]);
    if (code != MPI_SUCCESS) break;
    code = make_block((int[]){(int)rows, my_columns}, (int[]){its_rows, my_columns},
                      (int[]){row, 0}, &receive_counts[made], &receive_types[made]);
  }
  if (code == MPI_SUCCESS) {
    code = MPI_Alltoallw(in, send_counts, displacements, send_types, out, receive_counts,
                         displacements, receive_types, MPI_COMM_WORLD);
  }
  for (int peer = 0; peer < made; ++peer) {
    if (send_counts[peer]) MPI_Type_free(&send_types[peer]);
    if (receive_counts[peer]) MPI_Type_free(&receive_types[peer]);
  }
  free(numbers);
  free(types);
  return code;
}
