// Memory that the passes go over.
#include <stdint.h>
#include <sys/mman.h>

#include "threads.h"

namespace {

// Mappings begin and end at huge pages, whether the system has them or not.
constexpr size_t kHugePage = size_t{1} << 21;

size_t MappedBytes(size_t count) {
  return (count * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
}

}  // namespace

extern "C" {

float *limit_map(limit_threads *threads, size_t count) {
  const size_t bytes = MappedBytes(count);
  void *mapped = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char *const start = static_cast<char *>(mapped);
  const size_t before = -reinterpret_cast<uintptr_t>(start) & (kHugePage - 1);
  if (before > 0) munmap(start, before);
  if (before < kHugePage) munmap(start + before + bytes, kHugePage - before);
  float *const memory = reinterpret_cast<float *>(start + before);
  madvise(memory, bytes, MADV_HUGEPAGE);
  const auto touch = [=](size_t first, size_t length) {
    for (size_t i = first; i < first + length; ++i) memory[i] = 1;
  };
  if (threads == nullptr) {
    touch(0, count);
  } else {
    threads->Run([=](size_t thread) {
      size_t first, length;
      threads->Part(count, thread, &first, &length);
      touch(first, length);
    });
  }
  return memory;
}

void limit_unmap(float *memory, size_t count) {
  if (memory != nullptr) munmap(memory, MappedBytes(count));
}

}  // extern "C"
