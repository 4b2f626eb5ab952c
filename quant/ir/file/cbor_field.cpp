#include "quant/ir/file/cbor_field.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "base/text/outside_text.h"

namespace bitbalance::ir {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDeepest = 16;

/// Walks over the heads of all items. The library that takes the document apart calls itself for every inner
/// list, map and piece of a string, as deep as the bytes say.
class CborWalk {
 public:
  explicit CborWalk(const std::string& bytes) : bytes_(bytes) {}

  void run() {
    std::vector<std::uint64_t> left = {1};  // items to come, by depth
    while (!left.empty()) {
      if (left.back() == 0) {
        left.pop_back();
        continue;
      }
      --left.back();
      const std::uint64_t inner = item();
      if (inner == 0) continue;
      if (left.size() > kDeepest) fail(fmt::format("nested deeper than {}", kDeepest));
      left.push_back(inner);
    }
    if (at_ != bytes_.size()) fail(fmt::format("{} bytes after its end", bytes_.size() - at_));
  }

 private:
  enum Major { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

  [[noreturn]] void fail(const std::string& problem) const {
    throw std::invalid_argument(fmt::format("byte {}: {}", at_, problem));
  }

  std::uint64_t take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail("cut off");
    std::uint64_t number = 0;
    for (std::uint64_t i = 0; i < count; ++i) number = number << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
    return number;
  }

  /// Steps over an item's head and its own bytes; the number of items within it.
  std::uint64_t item() {
    const auto head = static_cast<unsigned>(take(1));
    const unsigned major = head >> 5, info = head & 31;
    constexpr unsigned kFirstLength = 24, kLastLength = 27;
    if (info > kLastLength || major == kTag) fail(fmt::format("item 0x{:02x}", head));
    const std::uint64_t argument =
        info < kFirstLength ? info : take(std::uint64_t{1} << (info - kFirstLength));
    if (major == kNegative && argument > std::uint64_t{INT64_MAX}) fail("a number below 64 bits");
    if (major == kUnsigned || major == kNegative || major == kSimple) return 0;
    // Each takes a byte at least: also what keeps twice the argument within 64 bits.
    if (argument > bytes_.size() - at_) fail("cut off");
    if (major == kArray) return argument;
    if (major == kMap) return 2 * argument;
    at_ += argument;
    return 0;
  }

  const std::string& bytes_;
  std::size_t at_ = 0;
};

bool is_whole(const Json& json, std::int64_t low, std::int64_t high) {
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return false;
  const auto number = json.get<std::int64_t>();
  return number >= low && number <= high;
}

std::string form(const Json& json) {
  if (json.is_number() || json.is_boolean()) return json.dump();
  return fmt::format("a value of type {}", json.type_name());
}

}  // namespace

Json parse_cbor(const std::string& bytes) {
  CborWalk(bytes).run();
  try {
    return Json::from_cbor(bytes);
  } catch (const Json::exception&) {
    throw std::invalid_argument("damaged");
  }
}

void CborField::refuse(const std::string& found, const std::string& accepted) const {
  throw std::invalid_argument(
      fmt::format("{}: {}; accepted: {}", path_.empty() ? "document" : path_, found, accepted));
}

CborField CborField::operator[](const char* key) const {
  const std::optional<CborField> field = find(key);
  if (!field) refuse(fmt::format("no '{}'", key), "a map with it");
  return *field;
}

std::optional<CborField> CborField::find(const char* key) const {
  if (!json_.is_object()) refuse(form(json_), "a map");
  const auto found = json_.find(key);
  if (found == json_.end()) return std::nullopt;
  return CborField(*found, path_.empty() ? key : fmt::format("{}.{}", path_, key));
}

std::vector<std::pair<std::string, CborField>> CborField::entries() const {
  if (!json_.is_object()) refuse(form(json_), "a map");
  std::vector<std::pair<std::string, CborField>> all;
  for (const auto& [key, value] : json_.items())
    all.emplace_back(key, CborField(value, fmt::format("{}.{}", path_, key)));
  return all;
}

std::size_t CborField::size() const {
  if (!json_.is_array()) refuse(form(json_), "a list");
  return json_.size();
}

CborField CborField::element(std::size_t index) const {
  return CborField(json_[index], fmt::format("{}[{}]", path_, index));
}

std::vector<CborField> CborField::list() const {
  std::vector<CborField> all;
  for (std::size_t i = 0; i < size(); ++i) all.push_back(element(i));
  return all;
}

std::vector<CborField> CborField::list(std::size_t size) const {
  std::vector<CborField> all = list();
  if (all.size() != size) refuse(fmt::format("{} values", all.size()), fmt::format("{}", size));
  return all;
}

bool CborField::truth() const {
  if (!json_.is_boolean()) refuse(form(json_), "true, false");
  return json_.get<bool>();
}

const std::string& CborField::text() const {
  if (!json_.is_string()) refuse(form(json_), "text");
  const auto& text = json_.get_ref<const std::string&>();
  if (!is_utf8(text)) refuse("text that is not UTF-8", "UTF-8");
  return text;
}

const std::vector<std::uint8_t>& CborField::binary() const {
  if (!json_.is_binary()) refuse(form(json_), "bytes");
  return json_.get_binary();
}

double CborField::real() const {
  if (!json_.is_number()) refuse(form(json_), "a number");
  return json_.get<double>();
}

std::vector<double> CborField::reals() const {
  std::vector<double> numbers(size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!json_[i].is_number()) element(i).real();
    numbers[i] = json_[i].get<double>();
  }
  return numbers;
}

std::vector<float> CborField::floats() const {
  const std::vector<double> wide = reals();
  std::vector<float> numbers(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (std::isfinite(wide[i]) && std::abs(wide[i]) > std::numeric_limits<float>::max())
      element(i).refuse(fmt::format("{}", wide[i]), "a number that a float holds");
    numbers[i] = static_cast<float>(wide[i]);
  }
  return numbers;
}

std::int64_t CborField::whole(std::int64_t low, std::int64_t high) const {
  if (!is_whole(json_, low, high)) refuse(form(json_), fmt::format("a whole number, {} to {}", low, high));
  return json_.get<std::int64_t>();
}

std::int64_t CborField::whole_at(std::size_t index, std::int64_t low, std::int64_t high) const {
  return is_whole(json_[index], low, high) ? json_[index].get<std::int64_t>()
                                           : element(index).whole(low, high);
}

}  // namespace bitbalance::ir
