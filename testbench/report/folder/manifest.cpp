#include "testbench/report/folder/manifest.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file/file_fingerprint.h"
#include "base/file/output_file.h"

namespace bitbalance::report {
namespace fs = std::filesystem;
namespace {

constexpr int kSchema = 1;

bool is_file(const fs::directory_entry& entry) {
  return fs::is_regular_file(entry.symlink_status());
}

}  // namespace

Manifest list_files(const fs::path& folder, const std::string& command, const std::set<std::string>& names) {
  Manifest manifest{command, true, {}};
  for (const std::string& name : names)
    if (is_file(fs::directory_entry(folder / name))) manifest.files[name] = fingerprint_of(folder / name);
  return manifest;
}

std::string to_json(const Manifest& manifest) {
  nlohmann::ordered_json json = {
      {"schema", kSchema}, {"program", "bitbalance"}, {"command", manifest.command}};
  if (!manifest.finished) json["finished"] = false;
  nlohmann::ordered_json& files = json["files"] = nlohmann::ordered_json::object();
  for (const auto& [name, mark] : manifest.files) files[name] = fmt::format("{:016x}", mark);
  return json.dump(2) + "\n";
}

std::optional<Manifest> read_manifest(const fs::path& folder) {
  const fs::path file = folder / Manifest::kFile;
  if (!is_file(fs::directory_entry(file))) return std::nullopt;
  std::ifstream stream(file);
  Manifest manifest;
  try {
    const auto json = nlohmann::json::parse(stream);
    if (json.at("program") != "bitbalance") return std::nullopt;
    manifest.command = json.at("command").get<std::string>();
    manifest.finished = json.value("finished", true);
    for (const auto& [name, mark] : json.at("files").items())
      manifest.files[name] = std::stoull(mark.get<std::string>(), nullptr, 16);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return manifest;
}

std::optional<std::string> first_stranger(const fs::path& folder, const Manifest& manifest) {
  std::map<std::string, std::string> strangers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto listed = manifest.files.find(name);
    const bool is_left = !manifest.finished && is_partial_name(name);
    if ((name == Manifest::kFile || is_left) && is_file(entry)) continue;
    if (listed == manifest.files.end() || !is_file(entry)) {
      strangers[name] = name;
    } else if (manifest.finished && fingerprint_of(entry.path()) != listed->second) {
      strangers[name] = name + ", changed since";
    }
  }
  if (strangers.empty()) return std::nullopt;
  return strangers.begin()->second;
}

}  // namespace bitbalance::report
