#pragma once

// mpi.h, and one line for each of its macros that the importer cannot see.

#include <mpi.h>
#include <stdint.h>

static inline MPI_Comm mpiCommWorld(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm mpiCommSelf(void) { return MPI_COMM_SELF; }
static inline MPI_Comm mpiCommNull(void) { return MPI_COMM_NULL; }
static inline MPI_Comm_copy_attr_function *mpiNoCopy(void) { return MPI_COMM_NULL_COPY_FN; }
static inline MPI_Info mpiInfoNull(void) { return MPI_INFO_NULL; }
static inline MPI_Request mpiRequestNull(void) { return MPI_REQUEST_NULL; }
static inline MPI_Errhandler mpiErrorsReturn(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Datatype mpiByte(void) { return MPI_BYTE; }
static inline MPI_Datatype mpiInt64(void) { return MPI_INT64_T; }
static inline MPI_Datatype mpiUInt64(void) { return MPI_UINT64_T; }
static inline MPI_Datatype mpiDouble(void) { return MPI_DOUBLE; }
static inline MPI_Op mpiMinimum(void) { return MPI_MIN; }
static inline MPI_Op mpiBitwiseOr(void) { return MPI_BOR; }
