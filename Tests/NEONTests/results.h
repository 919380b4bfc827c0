// What kernels gave on one processor, kept in a file and compared with what they give on another.
#ifndef TESSERA_NEON_TESTS_RESULTS_H
#define TESSERA_NEON_TESTS_RESULTS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <limits>
#include <string>
#include <vector>

#include "CKernels.h"

constexpr tk_type kTypes[] = {TK_FLOAT32, TK_FLOAT64, TK_INT8,   TK_INT16,  TK_INT32, TK_INT64,
                              TK_UINT8,   TK_UINT16,  TK_UINT32, TK_UINT64, TK_BOOL};

inline size_t SizeOf(tk_type type) {
  constexpr size_t sizes[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1};
  return sizes[type];
}

// A run that begins `shift` elements after a cache line, between bytes that no kernel may touch.
class Run {
 public:
  Run(size_t size, size_t count, size_t shift = 0)
      : bytes_(size * count), offset_(kGuard + size * shift), all_(offset_ + bytes_ + 2 * kGuard, kMark) {
    offset_ += (kGuard - reinterpret_cast<uintptr_t>(all_.data()) % kGuard) % kGuard;
  }

  uint8_t* data() { return all_.data() + offset_; }
  const uint8_t* data() const { return all_.data() + offset_; }
  size_t bytes() const { return bytes_; }

  bool IsInside() const {
    for (size_t i = 0; i < all_.size(); i++) {
      if ((i < offset_ || i >= offset_ + bytes_) && all_[i] != kMark) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr uint8_t kMark = 0xA5;
  size_t bytes_, offset_;
  std::vector<uint8_t> all_;
};

class Results {
 public:
  // Keeps results in the file, or compares with those that it holds.
  Results(FILE* file, bool keeps) : file_(file), keeps_(keeps) {}

  // Begins the results of a kernel, which end with a line `ok NAME` or `not ok NAME`.
  void Begin(const char* kernel) {
    End();
    kernel_ = kernel;
    count_ = 0;
    complaint_.clear();
  }

  // A result that is the same on every processor, where all NaNs are one; or within so many ulps.
  template <class... Context>
  void Check(tk_type type, const Run& run, int64_t ulps, const char* format, Context... context) {
    if (!run.IsInside()) Complain("wrote outside", format, context...);
    Compare(type, run.data(), run.bytes() / SizeOf(type), ulps, format, context...);
  }
  // The same of bytes.
  template <class... Context>
  void CheckBytes(const Run& run, const char* format, Context... context) {
    Check(TK_UINT8, run, 0, format, context...);
  }

  // Whether all was as expected, and nothing is left to compare with.
  bool Finish() {
    End();
    if (!keeps_ && fgetc(file_) != EOF) {
      printf("not ok as many results\n");
      failed_ = true;
    }
    return !failed_ && !ferror(file_);
  }

 private:
  template <class... Context>
  void Compare(tk_type type, const uint8_t* given, size_t count, int64_t ulps, const char* format,
               Context... context) {
    const size_t size = SizeOf(type);
    count_ += count;
    if (keeps_) {
      fwrite(given, size, count, file_);
      return;
    }
    std::vector<uint8_t> kept(size * count);
    if (fread(kept.data(), size, count, file_) != count) Complain("nothing to compare with", format, context...);
    for (size_t i = 0; i < count; i++) {
      const int64_t distance = type == TK_FLOAT32   ? Distance<float, int32_t>(given, kept.data(), i)
                               : type == TK_FLOAT64 ? Distance<double, int64_t>(given, kept.data(), i)
                               : memcmp(given + i * size, kept.data() + i * size, size) == 0 ? 0
                                                                                             : INT64_MAX;
      if (distance > ulps) {
        std::string text = "element " + std::to_string(i) + " of " + std::to_string(count);
        if (distance < INT64_MAX) text += ", " + std::to_string(distance) + " ulp";
        return Complain(text, format, context...);
      }
    }
  }

  // How many numbers lie between two, where all NaNs are one and the zeros are two.
  template <class T, class Bits>
  static int64_t Distance(const uint8_t* a, const uint8_t* b, size_t i) {
    T x, y;
    memcpy(&x, a + i * sizeof(T), sizeof(T));
    memcpy(&y, b + i * sizeof(T), sizeof(T));
    if (x != x || y != y) return x != x && y != y ? 0 : INT64_MAX;
    const auto position = [](T value) {
      Bits bits;
      memcpy(&bits, &value, sizeof(T));
      return static_cast<__int128>(bits < 0 ? ~(bits & std::numeric_limits<Bits>::max()) : bits);
    };
    const __int128 d = position(x) - position(y);
    return static_cast<int64_t>(d < 0 ? -d : d);
  }

  template <class... Context>
  void Complain(const std::string& what, const char* format, Context... context) {
    if (!complaint_.empty()) return;
    char text[200];
    snprintf(text, sizeof text, format, context...);
    complaint_ = std::string(text) + ": " + what;
  }

  void End() {
    if (kernel_.empty()) return;
    const bool isGood = complaint_.empty() && count_ > 0;
    if (!isGood) failed_ = true;
    if (!keeps_ || !isGood) {
      printf("%s %s: %zu results\n", isGood ? "ok" : "not ok", kernel_.c_str(), count_);
      if (!isGood) printf("  %s\n", complaint_.c_str());
    }
    kernel_.clear();
  }

  FILE* file_;
  bool keeps_, failed_ = false;
  std::string kernel_, complaint_;
  size_t count_ = 0;
};

#endif  // TESSERA_NEON_TESTS_RESULTS_H
