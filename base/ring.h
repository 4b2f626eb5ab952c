// A queue in one piece of memory, which is used again: nothing is allocated once it is as long as it gets.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace bitbalance {

/// First in, first out. Elements that have left are kept until their place is used again.
template <class T>
class Ring {
 public:
  bool empty() const { return first_ == end_; }
  std::size_t size() const { return end_ - first_; }
  /// From the oldest on.
  T& operator[](std::size_t index) { return places_[(first_ + index) & mask_]; }
  const T& operator[](std::size_t index) const { return places_[(first_ + index) & mask_]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size() - 1]; }
  const T& back() const { return (*this)[size() - 1]; }

  void push_back(T value) {
    if (size() == places_.size()) grow();
    ++end_;
    back() = std::move(value);
  }
  void pop_front() { ++first_; }
  void clear() { first_ = end_ = 0; }

 private:
  void grow() {
    constexpr std::size_t kFirst = 8;
    std::vector<T> larger(places_.empty() ? kFirst : 2 * places_.size());
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) larger[i] = std::move((*this)[i]);
    places_ = std::move(larger);
    mask_ = places_.size() - 1;
    first_ = 0;
    end_ = count;
  }

  std::vector<T> places_;  ///< a power of two of them, or none
  std::size_t mask_ = 0;
  std::size_t first_ = 0, end_ = 0;  ///< of all that were ever pushed
};

}  // namespace bitbalance
