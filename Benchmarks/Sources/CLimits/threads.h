// The threads of a measurement, and how its time is taken.
#ifndef BENCHMARKS_THREADS_H
#define BENCHMARKS_THREADS_H

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "CLimits.h"

struct limit_threads {
 public:
  limit_threads(size_t count, const int *cpus);
  ~limit_threads();

  size_t count() const { return cpus_.size(); }

  // Calls work(thread) on all threads; the seconds from when all are awake until all have done it.
  double Run(const std::function<void(size_t thread)> &work);

  // The elements of thread `index`: whole cache lines of floats, but for the end.
  void Part(size_t count, size_t index, size_t *first, size_t *length) const;

 private:
  void Serve(size_t index);
  // Waits until all threads are here.
  void Meet();

  std::vector<int> cpus_;
  std::mutex mutex_;
  std::condition_variable wake_;
  size_t measurement_ = 0;
  bool is_over_ = false;
  const std::function<void(size_t)> *work_ = nullptr;
  std::atomic<size_t> arrived_{0};
  std::atomic<size_t> done_{0};
  std::vector<std::thread> threads_;
};

#endif
