#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>

namespace {

// Pins the calling thread; what the system refuses is left as it is.
void Pin(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// Waits for another thread; gives way for the case that both run on one CPU.
template <class Condition>
void Await(Condition condition) {
  while (!condition()) sched_yield();
}

}  // namespace

limit_threads::limit_threads(size_t count, const int *cpus) : cpus_(cpus, cpus + count) {
  for (size_t index = 1; index < count; ++index) {
    threads_.emplace_back([this, index] { Serve(index); });
  }
}

limit_threads::~limit_threads() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
  }
  wake_.notify_all();
  for (std::thread &thread : threads_) thread.join();
}

void limit_threads::Serve(size_t index) {
  Pin(cpus_[index]);
  size_t served = 0;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return is_over_ || measurement_ != served; });
      if (is_over_) return;
      served = measurement_;
    }
    Meet();
    (*work_)(index);
    done_.fetch_add(1, std::memory_order_release);
  }
}

void limit_threads::Meet() {
  arrived_.fetch_add(1, std::memory_order_acq_rel);
  Await([this] { return arrived_.load(std::memory_order_acquire) == count(); });
}

double limit_threads::Run(const std::function<void(size_t)> &work) {
  cpu_set_t mask;
  const bool is_restorable = pthread_getaffinity_np(pthread_self(), sizeof mask, &mask) == 0;
  if (is_restorable) Pin(cpus_[0]);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    work_ = &work;
    arrived_.store(0, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    ++measurement_;
  }
  wake_.notify_all();
  Meet();
  const double began = limit_now();
  work(0);
  Await([this] { return done_.load(std::memory_order_acquire) == threads_.size(); });
  const double seconds = limit_now() - began;
  if (is_restorable) pthread_setaffinity_np(pthread_self(), sizeof mask, &mask);
  return seconds;
}

void limit_threads::Part(size_t count, size_t index, size_t *first, size_t *length) const {
  constexpr size_t kLine = 64 / sizeof(float);
  const size_t lines = (count + kLine - 1) / kLine;
  *first = std::min(lines * index / this->count() * kLine, count);
  *length = std::min(lines * (index + 1) / this->count() * kLine, count) - *first;
}

extern "C" {

double limit_now(void) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

limit_threads *limit_threads_start(size_t count, const int *cpus) {
  return new limit_threads(count, cpus);
}

void limit_threads_stop(limit_threads *threads) {
  delete threads;
}

}  // extern "C"
