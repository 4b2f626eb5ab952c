// Programs of a network that were made before, by all that the mapper reads, and blocks that it chose among.
// Beside the mapper, for whoever evaluates many machines.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw/compiler/block_tables.h"
#include "hw/compiler/mapper.h"
#include "hw/timeline/recent_memo.h"

namespace bitbalance::compiler {

class ProgramMemo {
 public:
  BlockTablesMemo tables;

  /// What `make()` returns, or returned for a machine that is alike.
  template <class Make>
  std::shared_ptr<const std::vector<MappedProgram>> get(const AcceleratorConfig& config,
                                                        const MapperOptions& options, const Make& make) {
    return is_comparable(options) ? programs_.get(key_of(config, options), make) : make();
  }

 private:
  /// What a user says of blocks, and what energy costs, cannot be compared.
  static bool is_comparable(const MapperOptions& options);
  static std::vector<std::int64_t> key_of(const AcceleratorConfig& config, const MapperOptions& options);

  static constexpr std::size_t kMost = 32;  ///< a large network's take about 300 KB each
  RecentMemo<std::vector<std::int64_t>, const std::vector<MappedProgram>> programs_{kMost};
};

}  // namespace bitbalance::compiler
