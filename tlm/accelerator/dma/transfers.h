// The data of fetches, loads and stores that go burst by burst; when their bursts pass is hw/timeline's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "hw/timeline/bursts/transfer_bursts.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

/// Reads of the controller, one record each.
class FetchTransfer : public FetchBursts {
 public:
  /// `error`, bytes of the record, edge at which it is popped.
  using Receiver = std::function<void(bool, const CommandBytes&, Edge)>;

  /// `sent`: called when a request has left the queue, that is when there may be room for another.
  FetchTransfer(Receiver receiver, std::function<void()> sent)
      : receiver_(std::move(receiver)), sent_(std::move(sent)) {}

  BurstRequest push(Edge edge) override {
    const BurstRequest request = FetchBursts::push(edge);
    sent_();
    return request;
  }
  void answer(const BurstAnswer& answer, Edge edge) override {
    CommandBytes bytes{};
    std::copy_n(answer.data, bytes.size(), bytes.begin());
    receiver_(answer.error, bytes, edge);
  }

 private:
  Receiver receiver_;
  std::function<void()> sent_;
};

class LoadTransfer : public LoadBursts {
 public:
  using LoadBursts::LoadBursts;

  void begin_blob(const RunWalk& runs, Edge popped) override {
    bytes_.clear();
    LoadBursts::begin_blob(runs, popped);
  }
  void begin_tensor(const LoadTensor& load, const RunWalk& runs, Edge popped) override {
    bytes_.clear();
    LoadBursts::begin_tensor(load, runs, popped);
  }
  /// All useful bytes, once the load has ended.
  const std::vector<std::uint8_t>& data() const { return bytes_; }

 private:
  void receive(const std::uint8_t* data, Edge edge) override {
    const std::uint8_t* const useful = data + arriving().skip;
    bytes_.insert(bytes_.end(), useful, useful + arriving().useful);
    LoadBursts::receive(data, edge);
  }

  std::vector<std::uint8_t> bytes_;
};

class StoreTransfer : public StoreBursts {
 public:
  using StoreBursts::StoreBursts;

  /// `bytes`: all that the runs take.
  void begin(const RunWalk& runs, std::vector<std::uint8_t> bytes, Edge popped) {
    bytes_ = std::move(bytes);
    StoreBursts::begin(runs, popped);
  }

 private:
  BurstRequest request(const Burst& burst) override {
    return {burst.address, burst.bytes, bytes_.data() + requested() - burst.useful};
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace bitbalance::tlm_level
