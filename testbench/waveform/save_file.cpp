#include "testbench/waveform/save_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/file/output_file.h"
#include "base/text/outside_text.h"

namespace bitbalance::waveform {
namespace {

/// What explains where a layer's cycles go, from the cause to the effect.
constexpr std::array<const char*, 9> kExplaining = {"cycle",
                                                    "controller.load.activity",
                                                    "controller.compute.cause",
                                                    "controller.vector.activity",
                                                    "controller.store.activity",
                                                    "pe_array.tile",
                                                    "pe_array.drain.beats_left",
                                                    "memory_port.read.outstanding",
                                                    "memory_port.write.outstanding"};

constexpr const char* kOpenGroup = "power";

bool explains(const rtl::SignalList::Signal& signal) {
  return std::find(kExplaining.begin(), kExplaining.end(), signal.name) != kExplaining.end();
}

/// What GTKWave shows beside a wave. It would cut everything ahead of the last dot.
std::string without_dots(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return name;
}

std::string unit_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

}  // namespace

std::filesystem::path SaveFile::save_file() const {
  std::filesystem::path path = dump_;
  return path.replace_extension(".gtkw");
}

std::vector<std::string> SaveFile::file_names() const {
  std::vector<std::string> names = {save_file().filename().string()};
  for (const rtl::SignalList::Signal* kind : state_kinds()) names.push_back(states_file(*kind));
  return names;
}

/// A signal of each kind of state: those whose values have the same names are of one kind.
std::vector<const rtl::SignalList::Signal*> SaveFile::state_kinds() const {
  std::vector<const rtl::SignalList::Signal*> kinds;
  for (const rtl::SignalList::Signal& signal : signals_) {
    const bool known =
        std::any_of(kinds.begin(), kinds.end(),
                    [&signal](const rtl::SignalList::Signal* kind) { return kind->values == signal.values; });
    if (!signal.values.empty() && !known) kinds.push_back(&signal);
  }
  return kinds;
}

/// Within the folder. Short, as file systems limit names.
std::string SaveFile::states_file(const rtl::SignalList::Signal& signal) const {
  const std::vector<const rtl::SignalList::Signal*> kinds = state_kinds();
  std::size_t number = 0;
  while (kinds[number]->values != signal.values) ++number;
  return fmt::format("{}.states{}", dump_.stem().string(), number);
}

/// In GTKWave's form: a value in hexadecimal and its name on a line.
void SaveFile::write_states() const {
  for (const rtl::SignalList::Signal* kind : state_kinds()) {
    std::string names;
    for (std::size_t value = 0; value < kind->values.size(); ++value)
      names += fmt::format("{:x} {}\n", value, kind->values[value]);
    write_file(dump_.parent_path() / states_file(*kind), names);
  }
}

// GTKWave's flags in hexadecimal. 22: hexadecimal, 24: decimal, 28: binary, 420: signed decimal, 2000: names
// of values, from the file of the line ^1; 48020: a real number drawn as steps, over the two blank lines
// after it.
std::string SaveFile::line_of(const rtl::SignalList::Signal& signal, const std::string& alias) const {
  const bool named = !signal.values.empty();
  if (signal.is_real) return fmt::format("@48020\n+{{{}}} SystemC.{}\n@20000\n-\n-\n", alias, signal.name);
  const char* const form = signal.width == 1  ? "@28"
                           : signal.is_signed ? "@420"
                           : named            ? "@2022"
                           : explains(signal) ? "@24"
                                              : "@22";
  const std::string range = signal.width > 1 ? fmt::format("[{}:0]", signal.width - 1) : "";
  const std::string filter = named ? fmt::format("^1 /{}\n", states_file(signal)) : "";
  return fmt::format("{}\n{}+{{{}}} SystemC.{}{}\n", form, filter, alias, signal.name, range);
}

void SaveFile::write(const std::string& title, std::uint64_t begin, double shown) const {
  write_states();
  // GTKWave finds a file by its way from [savefile], taken from where the save file really lies; one without
  // a folder it would search in the current folder. Zoom: powers of two.
  std::string out = fmt::format(
      "[*] Signals of {}\n[savefile] \"/{}\"\n[dumpfile] \"/{}\"\n[timestart] {}\n[size] 1600 900\n"
      "[sst_expanded] 0\n[signals_width] 340\n*{:.6f} {} -1\n",
      one_line(title), save_file().filename().string(), dump_.filename().string(), begin, -std::log2(shown),
      begin);
  for (const char* const name : kExplaining) {
    const auto signal = std::find_if(signals_.begin(), signals_.end(),
                                     [name](const rtl::SignalList::Signal& s) { return s.name == name; });
    if (signal != signals_.end()) out += line_of(*signal, without_dots(signal->name));
  }
  // c00200, 1401200: a closed group's begin and end; without 400000 it is open: power, which was asked for.
  std::string group;
  const auto end_group = [&] {
    if (!group.empty()) out += fmt::format("@{}\n-{}\n", group == kOpenGroup ? "1001200" : "1401200", group);
  };
  for (const rtl::SignalList::Signal& signal : signals_) {
    const std::string unit = unit_of(signal.name);
    if (unit == signal.name) {  // of no unit
      if (!explains(signal)) out += line_of(signal, signal.name);
      continue;
    }
    if (unit != group) {
      end_group();
      group = unit;
      out += fmt::format("@{}\n-{}\n", group == kOpenGroup ? "800200" : "c00200", group);
    }
    out += line_of(signal, without_dots(signal.name.substr(unit.size() + 1)));
  }
  end_group();
  write_file(save_file(), out);
}

}  // namespace bitbalance::waveform
