#include "tests/hw/verilog/twin_ports.h"

#include <verilated_syms.h>

#include <stdexcept>

namespace bitbalance::rtl::test {

TwinRegister::TwinRegister(const std::string& model, const std::string& scope, const std::string& name) {
  const std::string full = model + '.' + scope;
  const VerilatedScope* const found = Verilated::threadContextp()->scopeFind(full.c_str());
  const VerilatedVar* const variable = found != nullptr ? found->varFind(name.c_str()) : nullptr;
  if (variable == nullptr) throw std::logic_error("no register " + full + '.' + name);
  data_ = static_cast<const std::uint8_t*>(variable->datap());
  width_ = variable->packed().elements();
  element_bytes_ = static_cast<int>(variable->entSize());
}

std::uint64_t TwinRegister::bits(int at, int bits, int index) const {
  // Words of this machine, the lowest first: bytes in order where it is little-endian.
  const std::uint8_t* const element = data_ + static_cast<std::ptrdiff_t>(index) * element_bytes_;
  std::uint64_t value = 0;
  for (int done = 0; done < bits;) {
    const int bit = at + done;
    value |= static_cast<std::uint64_t>(element[bit / 8] >> bit % 8) << done;
    done += 8 - bit % 8;
  }
  if (bits < 64) value &= (std::uint64_t{1} << bits) - 1;
  return value;
}

}  // namespace bitbalance::rtl::test
