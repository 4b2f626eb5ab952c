#include "tlm/platform/soc.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/bits.h"

namespace bitbalance::platform {

Soc::Soc(const sc_core::sc_module_name& name, const SocConfig& config, MemoryModel& dram,
         std::function<void(char)> transmitted)
    : sc_module(name),
      uart_("uart", std::move(transmitted)),
      clint_("clint", sc_core::sc_time(1.0 / PLATFORM_TIMER_HZ, sc_core::SC_SEC)),
      plic_("plic", PLATFORM_MAX_ACCELERATORS),
      flash_("flash", PLATFORM_FLASH_BYTES, Ram::Kind::kReadOnly, true),
      ram_("ram", PLATFORM_RAM_BYTES, Ram::Kind::kReadWrite, config.dmi) {
  clint_.software_interrupt(software_interrupt);
  clint_.timer_interrupt(timer_interrupt);
  plic_.interrupt(external_interrupt);

  attach("finisher", PLATFORM_FINISHER_BASE, PLATFORM_FINISHER_BYTES, finisher.socket);
  attach("clint", PLATFORM_CLINT_BASE, PLATFORM_CLINT_BYTES, clint_.socket);
  attach("plic", PLATFORM_PLIC_BASE, PLATFORM_PLIC_BYTES, plic_.socket);
  attach("uart", PLATFORM_UART_BASE, PLATFORM_UART_BYTES, uart_.socket);
  attach("flash", PLATFORM_FLASH_BASE, PLATFORM_FLASH_BYTES, flash_.socket);
  attach("ram", PLATFORM_RAM_BASE, PLATFORM_RAM_BYTES, ram_.socket);
  attach("dram", PLATFORM_DRAM_BASE, config.dram_bytes, dram.target(),
         dram.has_ports() ? static_cast<int>(config.accelerators.size()) + 1 : 1);
  for (std::size_t i = 0; i < config.accelerators.size(); ++i) {
    const std::string slot = fmt::format("accelerator{}", i);
    const SocAccelerator& settings = config.accelerators[i];
    accelerators_.push_back(
        std::make_unique<AnyAccelerator>(slot.c_str(), settings.config, settings.options));
    AnyAccelerator& accelerator = *accelerators_.back();
    attach(slot.c_str(), PLATFORM_ACCELERATOR_BASE + PLATFORM_ACCELERATOR_STRIDE * i,
           PLATFORM_ACCELERATOR_STRIDE, accelerator.csr);
    accelerator.mem.bind(bus.initiators);
    accelerator.irq(accelerator_interrupts_[i]);
  }
  static_assert(PLATFORM_ACCELERATOR_SOURCE == 1,
                "every line of the PLIC belongs to an accelerator or to nobody");
  plic_.lines(accelerator_interrupts_);
}

template <class Socket>
void Soc::attach(const char* name, std::uint64_t base, std::uint64_t bytes, Socket& socket, int ports) {
  constexpr std::uint64_t kPage = 4096;
  bus.attach(name, base, bytes, socket, ports);
  regions_.push_back({base, align_up(bytes, kPage)});
}

void Soc::load(const ElfFile& program) {
  if (program.entry != PLATFORM_FLASH_BASE) {
    throw std::invalid_argument(
        fmt::format("{}: begins at {:#x}; accepted: {:#x}, where the processor starts", program.name.string(),
                    program.entry, PLATFORM_FLASH_BASE));
  }
  for (const ElfSegment& segment : program.segments) {
    const auto fits = [&segment](std::uint64_t base, const Ram& memory) {
      const std::uint64_t at = segment.address - base;
      return at < memory.data().size() && segment.bytes.size() <= memory.data().size() - at;
    };
    const bool in_flash = fits(PLATFORM_FLASH_BASE, flash_);
    if (in_flash || fits(PLATFORM_RAM_BASE, ram_)) {
      const std::uint64_t base = in_flash ? PLATFORM_FLASH_BASE : PLATFORM_RAM_BASE;
      std::copy(
          segment.bytes.begin(), segment.bytes.end(),
          (in_flash ? flash_ : ram_).data().begin() + static_cast<std::ptrdiff_t>(segment.address - base));
    } else {
      throw std::invalid_argument(fmt::format("{}: {} bytes at {:#x}; accepted: what lies in flash or RAM",
                                              program.name.string(), segment.bytes.size(), segment.address));
    }
  }
}

void Soc::trace(sc_core::sc_trace_file* file) const {
  sc_core::sc_trace(file, timer_interrupt, timer_interrupt.basename());
  sc_core::sc_trace(file, external_interrupt, external_interrupt.basename());
  for (std::size_t i = 0; i < accelerators_.size(); ++i)
    sc_core::sc_trace(file, accelerator_interrupts_[i], fmt::format("accelerator{}.irq", i));
  bus.trace(file);
}

}  // namespace bitbalance::platform
