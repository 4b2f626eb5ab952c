#include "hw/program/stored_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/text/config_error.h"
#include "base/text/outside_text.h"
#include "hw/isa/config_settings.h"
#include "hw/isa/registers.h"

namespace bitbalance::stored {
namespace {

using Json = nlohmann::ordered_json;
using Bytes = std::vector<std::uint8_t>;

constexpr const char* kFormat = "bitbalance program";
constexpr int kVersion = 1;
constexpr const char* kDescription = "program.json";
constexpr const char* kConstants = "constants.bin";
constexpr const char* kInputs = "inputs.bin";
constexpr const char* kExpected = "expected.bin";
constexpr std::int64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostDescriptionBytes = std::size_t{1} << 26;
constexpr std::int64_t kMostImages = 1 << 24;

std::uint32_t crc32(const Bytes& bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

const char* type_of(const StoredTensor& tensor) {
  if (tensor.bits == 16) return "s16";
  return tensor.is_signed ? "s8" : "u8";
}

struct Named {
  const char* key;
  const char* meaning;
};

/// Shows the settings of an accelerator to a JSON object.
class SettingsToJson {
 public:
  Json object;

  void integer(const Named& named, int value) { object[named.key] = value; }
  void boolean(const Named& named, bool value) { object[named.key] = value; }
  void real(const Named& named, double value, double /*low*/, double /*high*/) { object[named.key] = value; }
  template <class Enum>
  void choice(const Named& named, Enum value, const std::vector<std::string>& names) {
    object[named.key] = names[static_cast<std::size_t>(value)];
  }
  template <class Body>
  void section(const Named& named, Body&& body) {
    Json outer = std::move(object);
    object = Json::object();
    body();
    outer[named.key] = std::move(object);
    object = std::move(outer);
  }
  template <class Check>
  void checked(Check&& /*check*/) {}
};

/// An object of the file, key by key; what is left over in the end is an error.
class Reader {
 public:
  Reader(const Json& json, std::string file, std::string place)
      : json_(&json), file_(std::move(file)), place_(std::move(place)) {
    if (!json.is_object()) fail("", json, "an object");
  }

  const Json& at(const char* key) {
    seen_.insert(key);
    const auto found = json_->find(key);
    if (found == json_->end()) throw error(key, "is missing", "");
    return *found;
  }
  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) {
    const Json& value = at(key);
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX});
    if (!fits || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
      fail(key, value, fmt::format("{} to {}", low, high));
    return value.get<std::int64_t>();
  }
  std::string text(const char* key) {
    const Json& value = at(key);
    if (!value.is_string()) fail(key, value, "text");
    return value.get<std::string>();
  }
  std::size_t choice(const char* key, const std::vector<std::string>& names) {
    const Json& value = at(key);
    const auto found =
        value.is_string() ? std::find(names.begin(), names.end(), value.get<std::string>()) : names.end();
    if (found == names.end()) fail(key, value, fmt::format("{}", fmt::join(names, ", ")));
    return static_cast<std::size_t>(found - names.begin());
  }
  double real(const char* key, double low, double high) {
    const Json& value = at(key);
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
      fail(key, value, fmt::format("{} to {}", low, high));
    return value.get<double>();
  }
  bool boolean(const char* key) {
    const Json& value = at(key);
    if (!value.is_boolean()) fail(key, value, "true, false");
    return value.get<bool>();
  }
  const Json& list(const char* key) {
    const Json& value = at(key);
    if (!value.is_array()) fail(key, value, "a list");
    return value;
  }
  Reader object(const char* key) { return {at(key), file_, place_of(key)}; }
  Reader element(const char* key, const Json& list, std::size_t index) const {
    return {list[index], file_, fmt::format("{}[{}]", place_of(key), index)};
  }
  /// No other keys.
  void end() const {
    for (const auto& item : json_->items())
      if (seen_.count(item.key()) == 0) throw error(item.key(), "unknown key", "");
  }
  [[noreturn]] void fail(const std::string& key, const Json& found, const std::string& accepted) const {
    // What is in a list or an object can be nested deeply.
    const std::string text = found.is_array()    ? "a list"
                             : found.is_object() ? "an object"
                                                 : found.dump(-1, ' ', true, Json::error_handler_t::replace);
    throw error(key, text.substr(0, 60), accepted);
  }
  std::invalid_argument error(const std::string& key, const std::string& found,
                              const std::string& accepted) const {
    return std::invalid_argument(one_line(fmt::format("{}: {}: {}{}{}", file_, place_of(key), found,
                                                      accepted.empty() ? "" : "; accepted: ", accepted)));
  }

 private:
  std::string place_of(const std::string& key) const {
    return place_.empty() || key.empty() ? place_ + key : place_ + "." + key;
  }

  const Json* json_;
  std::string file_, place_;
  std::set<std::string> seen_;
};

/// Shows the settings of an accelerator what a JSON object says.
class SettingsFromJson {
 public:
  explicit SettingsFromJson(Reader reader) : reader_(std::move(reader)) {}

  void integer(const Named& named, int& value) {
    value = static_cast<int>(
        reader_.integer(named.key, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
  }
  void boolean(const Named& named, bool& value) { value = reader_.boolean(named.key); }
  void real(const Named& named, double& value, double low, double high) {
    value = reader_.real(named.key, low, high);
  }
  template <class Enum>
  void choice(const Named& named, Enum& value, const std::vector<std::string>& names) {
    value = static_cast<Enum>(reader_.choice(named.key, names));
  }
  template <class Body>
  void section(const Named& named, Body&& body) {
    Reader outer = reader_;
    reader_ = outer.object(named.key);
    body();
    reader_.end();
    reader_ = std::move(outer);
  }
  template <class Check>
  void checked(Check&& check) {
    reader_.end();
    try {
      check();
    } catch (const ConfigError& wrong) {
      throw reader_.error(wrong.parameter(), wrong.value(), wrong.accepted());
    }
  }

 private:
  Reader reader_;
};

Json settings_of(const AcceleratorConfig& config) {
  AcceleratorConfig copy = config;  // visitors may write
  SettingsToJson settings;
  settings.object = Json::object();
  show_settings(settings, copy);
  return settings.object;
}

Json description_of(const StoredProgram& p) {
  Json tensors = Json::array();
  for (const StoredTensor& t : p.tensors) {
    tensors.push_back({{"name", t.name},
                       {"offset", t.offset},
                       {"image_pitch", t.image_pitch},
                       {"image_bytes", t.image_bytes()},
                       {"shape", {t.shape.channels, t.shape.height, t.shape.width}},
                       {"type", type_of(t)},
                       {"scale", t.scale},
                       {"layout", "planar"}});
  }
  Json host_layers = Json::array();
  for (const HostLayer& layer : p.host_layers)
    host_layers.push_back({{"name", layer.name}, {"op", layer.op}});
  const auto file = [](const Bytes& bytes) { return Json{{"bytes", bytes.size()}, {"crc32", crc32(bytes)}}; };
  const auto region = [](std::uint64_t bytes) {
    return Json{{"bytes", bytes}, {"alignment", kRegionAlignment}};
  };
  return {
      {"format", kFormat},
      {"version", kVersion},
      {"made_by", p.made_by},
      {"scenario", p.scenario},
      {"network", p.network},
      {"accelerator", settings_of(p.accelerator)},
      {"config_hash", config_hash(p.accelerator)},
      {"memory",
       {{"latency_cycles", p.latency_cycles},
        {"bytes_per_cycle", {p.bytes_per_cycle_numerator, p.bytes_per_cycle_denominator}}}},
      {"batch", p.batch},
      {"images", p.images},
      {"regions", {{"constants", region(p.constants.size())}, {"data", region(p.data_bytes)}}},
      {"files", {{kConstants, file(p.constants)}, {kInputs, file(p.inputs)}, {kExpected, file(p.expected)}}},
      {"tensors", tensors},
      {"input", p.input_tensor().name},
      {"output", p.output_tensor().name},
      {"host_layers", host_layers},
      {"labels", p.labels}};
}

std::string header_of(const StoredProgram& p) {
  std::string text =
      "/* A program for the Bit-balance accelerator, as program.json describes it. Written by bitbalance "
      "build. */\n"
      "#ifndef BITBALANCE_PROGRAM_H\n#define BITBALANCE_PROGRAM_H\n\n";
  const auto define = [&text](const std::string& name, const auto& value) {
    text += fmt::format("#define BITBALANCE_PROGRAM_{} {}\n", name, value);
  };
  const auto number = [&define](const std::string& name, std::int64_t value) {
    define(name, fmt::format("{}u", value));
  };
  const auto tensor = [&number](const std::string& prefix, const StoredTensor& t) {
    number(prefix + "_OFFSET", t.offset);
    number(prefix + "_IMAGE_PITCH", t.image_pitch);
    number(prefix + "_IMAGE_BYTES", t.image_bytes());
    number(prefix + "_ELEMENTS", t.shape.elements());
    number(prefix + "_ELEMENT_BYTES", t.element_bytes());
    number(prefix + "_SIGNED", t.is_signed ? 1 : 0);
  };
  define("CONFIG_HASH", fmt::format("{:#010x}u", config_hash(p.accelerator)));
  number("BATCH", p.batch);
  number("IMAGES", p.images);
  number("CONSTANTS_BYTES", static_cast<std::int64_t>(p.constants.size()));
  number("DATA_BYTES", p.data_bytes);
  number("REGION_ALIGNMENT", kRegionAlignment);
  tensor("INPUT", p.input_tensor());
  tensor("OUTPUT", p.output_tensor());
  if (!p.labels.empty()) define("LABELS", fmt::format("{}", fmt::join(p.labels, ", ")));
  return text + "\n#endif\n";
}

StoredTensor tensor_from(Reader reader, std::uint32_t data_bytes, std::int64_t batch) {
  StoredTensor tensor;
  tensor.name = reader.text("name");
  tensor.offset = static_cast<std::uint32_t>(reader.integer("offset", 0, data_bytes));
  tensor.image_pitch = static_cast<std::uint32_t>(reader.integer("image_pitch", 0, data_bytes));
  const Json& shape = reader.list("shape");
  constexpr std::int64_t kMostExtent = 1 << 24;
  const bool is_shape = shape.size() == 3 && std::all_of(shape.begin(), shape.end(), [](const Json& extent) {
                          return extent.is_number_unsigned() && extent.get<std::uint64_t>() >= 1 &&
                                 extent.get<std::uint64_t>() <= kMostExtent;
                        });
  if (!is_shape) reader.fail("shape", shape, "three extents, 1 to 16777216");
  tensor.shape = {shape[0].get<int>(), shape[1].get<int>(), shape[2].get<int>()};
  const std::size_t type = reader.choice("type", {"u8", "s8", "s16"});
  tensor.bits = type == 2 ? 16 : 8;
  tensor.is_signed = type != 0;
  tensor.scale = reader.real("scale", 0, std::numeric_limits<double>::max());
  reader.choice("layout", {"planar"});
  // 2^24 cubed has 72 bits: bounded before it is multiplied.
  const std::int64_t plane = std::int64_t{tensor.shape.channels} * tensor.shape.height;
  if (plane > kMost32 || plane * tensor.shape.width > kMost32)
    reader.fail("shape", shape, "an image of up to 4 GB");
  reader.integer("image_bytes", tensor.image_bytes(), tensor.image_bytes());
  const std::int64_t end = tensor.offset + (batch - 1) * tensor.image_pitch + tensor.image_bytes();
  if (end > data_bytes || (batch > 1 && tensor.image_pitch < tensor.image_bytes()))
    reader.fail("offset", reader.at("offset"), "a tensor whose images lie in the data region, apart");
  reader.end();
  return tensor;
}

class Folder {
 public:
  explicit Folder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::string name(const char* file) const { return (folder_ / file).string(); }

  std::string read(const char* file, std::size_t most) const {
    const std::optional<std::string> bytes = read_bytes(folder_ / file, most);
    if (!bytes) {
      throw std::invalid_argument(one_line(
          fmt::format("{}: cannot be read; accepted: a folder that bitbalance build wrote", name(file))));
    }
    return *bytes;
  }
  /// Of the size and the checksum that the description has.
  Bytes read(const char* file, Reader& files, std::int64_t needed) const {
    Reader entry = files.object(file);
    const std::int64_t size = entry.integer("bytes", needed, needed);
    const std::int64_t sum = entry.integer("crc32", 0, kMost32);
    entry.end();
    const std::string text = read(file, static_cast<std::size_t>(size));
    if (static_cast<std::int64_t>(text.size()) != size) {
      throw std::invalid_argument(one_line(
          fmt::format("{}: {} bytes; accepted: {}, as program.json has it", name(file), text.size(), size)));
    }
    Bytes bytes(text.begin(), text.end());
    if (crc32(bytes) != sum) {
      throw std::invalid_argument(one_line(
          fmt::format("{}: CRC-32 {}; accepted: {}, as program.json has it", name(file), crc32(bytes), sum)));
    }
    return bytes;
  }

 private:
  std::filesystem::path folder_;
};

CommandBytes record_at(const Bytes& constants, std::uint64_t index) {
  CommandBytes bytes{};
  std::memcpy(bytes.data(), constants.data() + index * kCommandBytes, kCommandBytes);
  return bytes;
}

/// The header belongs to the description, and every command is whole.
void check_constants(const StoredProgram& p, const std::string& file) {
  const auto refuse = [&file](const std::string& what, ProgramFault fault) {
    throw std::invalid_argument(one_line(fmt::format("{}: {}: {}", file, what, to_string(fault))));
  };
  const DecodedHeader decoded = decode_header(record_at(p.constants, 0), config_hash(p.accelerator));
  if (decoded.fault != ProgramFault::kNone) refuse("header", decoded.fault);
  const ProgramHeader& header = decoded.header;
  const bool fits = header.constants_bytes == p.constants.size() && header.data_bytes == p.data_bytes &&
                    header.commands > 0 &&
                    (std::uint64_t{header.commands} + 1) * kCommandBytes <= p.constants.size();
  if (!fits) refuse("header: sizes that are not those of program.json", ProgramFault::kBadField);
  for (std::uint32_t i = 0; i < header.commands; ++i) {
    const DecodedCommand command = decode(record_at(p.constants, i + 1), i);
    if (command.fault != ProgramFault::kNone) refuse(fmt::format("command {}", i), command.fault);
  }
}

std::size_t index_of(const std::vector<StoredTensor>& tensors, Reader& reader, const char* key) {
  const std::string name = reader.text(key);
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&name](const StoredTensor& tensor) { return tensor.name == name; });
  if (found == tensors.end()) reader.fail(key, reader.at(key), "the name of one of the tensors");
  return static_cast<std::size_t>(found - tensors.begin());
}

}  // namespace

std::vector<Command> commands_of(const StoredProgram& program) {
  const ProgramHeader header =
      decode_header(record_at(program.constants, 0), config_hash(program.accelerator)).header;
  std::vector<Command> commands;
  for (std::uint32_t i = 0; i < header.commands; ++i)
    commands.push_back(decode(record_at(program.constants, i + 1), i).command);
  return commands;
}

std::vector<std::pair<std::string, std::string>> files_of(const StoredProgram& program) {
  const auto text = [](const Bytes& bytes) { return std::string(bytes.begin(), bytes.end()); };
  return {{kConstants, text(program.constants)},
          {kInputs, text(program.inputs)},
          {kExpected, text(program.expected)},
          {kDescription, description_of(program).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"},
          {"program.h", header_of(program)}};
}

StoredProgram load_program(const std::filesystem::path& path) {
  const Folder folder(path);
  const std::string file = folder.name(kDescription);
  const Json json = Json::parse(folder.read(kDescription, kMostDescriptionBytes), nullptr, false);
  if (json.is_discarded()) throw std::invalid_argument(one_line(file + ": is no JSON"));
  Reader reader(json, file, "");
  reader.choice("format", {kFormat});
  reader.integer("version", kVersion, kVersion);
  StoredProgram p;
  p.made_by = reader.text("made_by");
  p.scenario = reader.text("scenario");
  p.network = reader.text("network");
  SettingsFromJson settings(reader.object("accelerator"));
  show_settings(settings, p.accelerator);
  reader.integer("config_hash", config_hash(p.accelerator), config_hash(p.accelerator));
  Reader memory = reader.object("memory");
  p.latency_cycles = memory.integer("latency_cycles", 0, 1'000'000);
  const Json& rate = memory.list("bytes_per_cycle");
  const bool is_rate = rate.size() == 2 && std::all_of(rate.begin(), rate.end(), [](const Json& part) {
                         return part.is_number_unsigned() && part.get<std::uint64_t>() >= 1 &&
                                part.get<std::uint64_t>() <= 999'999'999;
                       });
  if (!is_rate) memory.fail("bytes_per_cycle", rate, "numerator and denominator, 1 to 999999999");
  p.bytes_per_cycle_numerator = rate[0].get<std::int64_t>();
  p.bytes_per_cycle_denominator = rate[1].get<std::int64_t>();
  memory.end();
  p.images = reader.integer("images", 1, kMostImages);
  p.batch = reader.integer("batch", 1, p.images);
  if (p.images % p.batch != 0) reader.fail("images", reader.at("images"), "a multiple of batch");

  Reader regions = reader.object("regions");
  const auto region_bytes = [&regions](const char* key, std::int64_t least) {
    Reader region = regions.object(key);
    region.integer("alignment", kRegionAlignment, kRegionAlignment);
    const std::int64_t bytes = region.integer("bytes", least, kMost32);
    region.end();
    return bytes;
  };
  const std::int64_t constants_bytes = region_bytes("constants", kCommandBytes);
  p.data_bytes = static_cast<std::uint32_t>(region_bytes("data", 1));
  regions.end();

  const Json& tensors = reader.list("tensors");
  std::set<std::string> names;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    p.tensors.push_back(tensor_from(reader.element("tensors", tensors, i), p.data_bytes, p.batch));
    if (!names.insert(p.tensors.back().name).second)
      reader.element("tensors", tensors, i).fail("name", tensors[i].at("name"), "a name of its own");
  }
  p.input = index_of(p.tensors, reader, "input");
  p.output = index_of(p.tensors, reader, "output");
  const Json& host_layers = reader.list("host_layers");
  for (std::size_t i = 0; i < host_layers.size(); ++i) {
    Reader layer = reader.element("host_layers", host_layers, i);
    p.host_layers.push_back({layer.text("name"), layer.text("op")});
    layer.end();
  }
  const Json& labels = reader.list("labels");
  if (!labels.empty() && static_cast<std::int64_t>(labels.size()) != p.images)
    reader.fail("labels", static_cast<std::int64_t>(labels.size()), "none, or one for each image");
  for (const Json& label : labels) {
    if (!label.is_number_unsigned() || label.get<std::uint64_t>() > 0xffff)
      reader.fail("labels", label, "0 to 65535");
    p.labels.push_back(label.get<int>());
  }

  Reader files = reader.object("files");
  p.constants = folder.read(kConstants, files, constants_bytes);
  p.inputs = folder.read(kInputs, files, p.images * p.input_tensor().image_bytes());
  p.expected = folder.read(kExpected, files, p.images * p.output_tensor().image_bytes());
  files.end();
  reader.end();
  check_constants(p, folder.name(kConstants));
  return p;
}

}  // namespace bitbalance::stored
