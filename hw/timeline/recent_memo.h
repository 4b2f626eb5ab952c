// Keeps the values of the last few keys. A value that was dropped lives on while somebody holds it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <utility>

#include "hw/timeline/names.h"

namespace bitbalance::timeline {

template <class Key, class Value>
class RecentMemo {
 public:
  explicit RecentMemo(std::size_t most) : most_(most) {}

  /// The value of `key`; of one that is not known (any more) what `make()` returns, a shared_ptr.
  template <class Make>
  std::shared_ptr<Value> get(const Key& key, const Make& make) {
    auto known = entries_.begin();
    while (known != entries_.end() && known->first != key) ++known;
    if (known != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, known);
    } else {
      entries_.emplace_front(key, make());
      if (entries_.size() > most_) entries_.pop_back();
    }
    return entries_.front().second;
  }

 private:
  std::size_t most_;
  std::list<std::pair<Key, std::shared_ptr<Value>>> entries_;  ///< the last one asked for first
};

}  // namespace bitbalance::timeline
