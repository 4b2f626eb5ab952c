// TLM-2.0 sockets that carry one kind of block between two units of the accelerator, in the direction of the
// data: a generic payload whose extension names the block by its type. Blocking, and no time passes in
// them: when things happen is the controller's schedule.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <string>
#include <tlm>
#include <utility>

#include "tlm/accelerator/names.h"
#include "hw/port/lent_extension.h"

namespace bitbalance::tlm_level {

template <class Block>
class BlockExtension : public tlm::tlm_extension<BlockExtension<Block>> {
 public:
  Block* block = nullptr;

  tlm::tlm_extension_base* clone() const override { return new BlockExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    block = static_cast<const BlockExtension&>(other).block;
  }
};

template <class Block>
class BlockOutput : public tlm_utils::simple_initiator_socket<BlockOutput<Block>> {
 public:
  explicit BlockOutput(const char* name) : tlm_utils::simple_initiator_socket<BlockOutput<Block>>(name) {}

  /// Returns when the receiver has taken the block, and filled in what it is asked for.
  void send(Block& block) {
    tlm::tlm_generic_payload transaction;
    BlockExtension<Block> extension;
    extension.block = &block;
    const LentExtension<BlockExtension<Block>> lent(transaction, extension);
    transaction.set_command(tlm::TLM_WRITE_COMMAND);
    transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&block));
    transaction.set_data_length(sizeof block);
    transaction.set_streaming_width(sizeof block);
    sc_core::sc_time delay;
    (*this)->b_transport(transaction, delay);
    if (!transaction.is_response_ok()) SC_REPORT_ERROR(this->name(), "a block was not taken");
  }
};

template <class Block>
class BlockInput : public tlm_utils::simple_target_socket<BlockInput<Block>> {
 public:
  BlockInput(const char* name, std::function<void(Block&)> take)
      : tlm_utils::simple_target_socket<BlockInput<Block>>(name), take_(std::move(take)) {
    this->register_b_transport(this, &BlockInput::transport);
  }

 private:
  void transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& /*delay*/) {
    const auto* extension = transaction.template get_extension<BlockExtension<Block>>();
    if (extension == nullptr) {
      transaction.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
      return;
    }
    take_(*extension->block);
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  std::function<void(Block&)> take_;
};

}  // namespace bitbalance::tlm_level
