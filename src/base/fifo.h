// Fifo: a queue in one piece of memory, which costs nothing while it is empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/check.h"

namespace theater {

/// A ring of values: push at the back, pop at the front, look anywhere. Empty it holds no memory
/// until the first push (std::deque takes 576 bytes), and `release_memory` gives back what it grew
/// to. References last until the next push. Whoever owns it keeps it within its bounds.
template <typename T>
class Fifo {
 public:
  Fifo() = default;
  Fifo(Fifo&& other) noexcept
      : slots_(std::move(other.slots_)),
        capacity_(std::exchange(other.capacity_, 0)),
        first_(std::exchange(other.first_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  Fifo& operator=(Fifo&& other) noexcept {
    slots_ = std::move(other.slots_);
    capacity_ = std::exchange(other.capacity_, 0);
    first_ = std::exchange(other.first_, 0);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t index) { return slots_[place(index)]; }
  const T& operator[](std::size_t index) const { return slots_[place(index)]; }
  T& front() { return slots_[first_]; }
  const T& front() const { return slots_[first_]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T value) {
    if (size_ == capacity_) grow();
    slots_[place(size_)] = std::move(value);
    ++size_;
  }
  /// Whatever the value held is released now.
  void pop_front() {
    CHECK(size_ > 0, "only what is there leaves");
    slots_[first_] = T();
    first_ = first_ + 1 == capacity_ ? 0 : first_ + 1;
    --size_;
  }
  void pop_back() {
    CHECK(size_ > 0, "only what is there leaves");
    back() = T();
    --size_;
  }
  void clear() {
    while (!empty()) pop_front();
  }
  /// Gives the memory back, if it is empty.
  void release_memory() {
    if (empty()) *this = Fifo();
  }

 private:
  static constexpr std::size_t kFirstSlots = 4;

  std::size_t place(std::size_t index) const {
    const std::size_t at = first_ + index;
    return at < capacity_ ? at : at - capacity_;
  }
  void grow() {
    const std::size_t capacity = std::max(kFirstSlots, 2 * capacity_);
    auto slots = std::make_unique<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = capacity;
    first_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  std::size_t capacity_ = 0, first_ = 0, size_ = 0;
};

}  // namespace theater
