// Quantized networks kept for the next run: equal to what was stored or not there, whatever happens to files.
#include "testbench/scenario/cache/network_cache.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "quant/ir/file/network_record.h"
#include "quant/ir/file/quantized_file.h"
#include "testbench/scenario/cache/network_key.h"
#include "testbench/scenario/workload.h"
#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;

const std::string kFashion = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/fashion.yaml";

Scenario fashion(const std::vector<SettingOverride>& overrides = {}) {
  return load_scenario(kFashion, overrides);
}

/// Weights of up to `weight_bits`.
QuantizedNetwork network_of(int weight_bits) {
  return prepare_timing_workload(fashion({{"quantization.weight_bits=" + std::to_string(weight_bits), ""},
                                          {"quantization.nnzb=3", ""}}))
      .network;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

std::string record_of(const QuantizedNetwork& network) {
  std::string bytes;
  write_record(network, [&](std::string_view part) { bytes += part; });
  return bytes;
}

std::optional<QuantizedNetwork> network_in(const std::string& record) {
  std::istringstream stream(record);
  return read_record([&](char* bytes, std::size_t count) {
    return static_cast<bool>(stream.read(bytes, static_cast<std::streamsize>(count)));
  });
}

std::string key_with(const char* setting) {
  return network_key(fashion({{setting, ""}})).value();
}

TEST_CASE("a network comes back from its record bit by bit") {
  const int weight_bits = GENERATE(6, 8, 12);
  const QuantizedNetwork network = network_of(weight_bits);
  const std::optional<QuantizedNetwork> again = network_in(record_of(network));
  REQUIRE(again);
  CHECK(to_cbor(*again) == to_cbor(network));
}

TEST_CASE("a record that was cut off, changed or made longer is none") {
  const std::string record = record_of(network_of(8));
  CHECK_FALSE(network_in(record + "x"));
  for (std::size_t i = 0; i < record.size(); i += 1 + i / 20) {
    CAPTURE(i);
    REQUIRE_FALSE(network_in(record.substr(0, i)));
    std::string changed = record;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    REQUIRE_FALSE(network_in(changed));
  }
}

TEST_CASE("the cache gives back what was stored under the same key alone") {
  const TemporaryFolder folder;
  const NetworkCache cache(folder.path() / "new" / "cache");
  CHECK_FALSE(cache.find("a"));
  const QuantizedNetwork network = network_of(8);
  cache.store("a", network);
  REQUIRE(cache.find("a"));
  CHECK(to_cbor(*cache.find("a")) == to_cbor(network));
  CHECK_FALSE(cache.find("b"));
  // Another key whose file has the same name, as two texts of one fingerprint would.
  const fs::path file = files_in(folder.path() / "new" / "cache").front();
  cache.store("b", network);
  for (const fs::path& other : files_in(file.parent_path()))
    if (other != file) fs::copy_file(file, other, fs::copy_options::overwrite_existing);
  CHECK_FALSE(cache.find("b"));
}

TEST_CASE("a damaged file in the cache is no network, and is replaced") {
  const TemporaryFolder folder;
  const NetworkCache cache(folder.path());
  const QuantizedNetwork network = network_of(8);
  cache.store("a", network);
  const fs::path file = files_in(folder.path()).front();
  SECTION("empty") {
    std::ofstream(file, std::ios::trunc).flush();
  }
  SECTION("cut off") {
    fs::resize_file(file, fs::file_size(file) - 1);
  }
  SECTION("a byte changed") {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
    stream.put('\x55').put('\x2a').put('\x55');
  }
  SECTION("a folder") {
    fs::remove(file);
    fs::create_directory(file);
    CHECK_FALSE(cache.find("a"));
    return;
  }
  CHECK_FALSE(cache.find("a"));
  cache.store("a", network);
  CHECK(cache.find("a"));
}

TEST_CASE("a cache that cannot be written changes nothing and says nothing") {
  const TemporaryFolder folder;
  const QuantizedNetwork network = network_of(8);
  SECTION("no folder") {
    const NetworkCache cache(folder.write("file", "x") / "cache");
    cache.store("a", network);
    CHECK_FALSE(cache.find("a"));
  }
  SECTION("no room for the file") {
    const NetworkCache cache(folder.path());
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small = {4096, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    cache.store("a", network);
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK_FALSE(cache.find("a"));
    CHECK(files_in(folder.path()).empty());
  }
}

TEST_CASE("the network not asked for the longest gives way to a new one") {
  const TemporaryFolder folder;
  const QuantizedNetwork network = network_of(8);
  const NetworkCache cache(folder.path(), 5 * record_of(network).size() / 2);
  const auto at_another_time = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  for (const char* key : {"a", "b"}) {
    cache.store(key, network);
    at_another_time();
  }
  CHECK(cache.find("a"));
  at_another_time();
  cache.store("c", network);
  CHECK(cache.find("a"));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("c"));
}

TEST_CASE("processes that store and look at once, some of them killed, never see a wrong network") {
  const TemporaryFolder folder;
  const NetworkCache cache(folder.path());
  const QuantizedNetwork network = network_of(8);
  const std::string expected = to_cbor(network);
  constexpr int kProcesses = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    REQUIRE(children.back() >= 0);
    if (children.back() > 0) continue;
    for (int n = 0; i == 0 || n < 20; ++n) {  // the first goes on until it is killed
      cache.store("a", network);
      const std::optional<QuantizedNetwork> found = cache.find("a");
      if (!found || to_cbor(*found) != expected) ::_exit(1);
    }
    ::_exit(0);
  }
  for (int i = kProcesses - 1; i >= 0; --i) {
    if (i == 0) ::kill(children[0], SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(children[i], &status, 0) == children[i]);
    if (i > 0) CHECK(status == 0);
  }
  REQUIRE(cache.find("a"));
  CHECK(to_cbor(*cache.find("a")) == expected);
}

TEST_CASE("a key has what the network is made from, and nothing else") {
  const std::string key = network_key(fashion()).value();
  for (const char* setting :
       {"quantization.nnzb=2", "quantization.weight_bits=7", "accelerator.token_form=signed_digit",
        "quantization.scale_search=false", "network.pixel_mean=[0.5]", "network.outputs=y",
        "network.fixed_inputs=[{input: h, values: 0}]"}) {
    CAPTURE(setting);
    CHECK(key_with(setting) != key);
  }
  for (const char* setting :
       {"network.count=2", "network.batch=2", "accelerator.rows=16", "memory.latency_cycles=9",
        "mapping.effort=good", "run.threads=1", "run.level=tlm"}) {
    CAPTURE(setting);
    CHECK(key_with(setting) == key);
  }
}

TEST_CASE("a model that changes has another key, one with data elsewhere has none") {
  const TemporaryFolder folder;
  const auto key_of = [&](const std::string& contents) {
    Scenario scenario;
    scenario.network.model = folder.write("model.onnx", contents);
    return network_key(scenario);
  };
  REQUIRE(key_of("one"));
  CHECK(key_of("one") == key_of("one"));
  CHECK(key_of("one") != key_of("two"));
  CHECK_FALSE(key_of("... location ..."));
  Scenario missing;
  missing.network.model = folder.path() / "missing.onnx";
  CHECK_FALSE(network_key(missing));
}

TEST_CASE("calibration images of raw numbers or of an archive have the key of their type and array") {
  const TemporaryFolder folder;
  const auto key = [&](const std::string& raw, const char* array) {
    Scenario scenario;
    scenario.network.builtin = "lenet";
    scenario.network.images = "images.idx";
    scenario.network.raw = raw;
    scenario.network.calibration_images = folder.write("images.npz", "contents") / array;
    return network_key(scenario).value();
  };
  CHECK(key("u8", "x.npy") == key("u8", "x.npy"));
  CHECK(key("u8", "x.npy") != key("i8", "x.npy"));
  CHECK(key("u8", "x.npy") != key("u8", "y.npy"));
}

TEST_CASE("calibration images in folders per class have the key of what the folders' links lead to") {
  const TemporaryFolder folder;
  const fs::path images = folder.path() / "images";
  fs::create_directories(folder.path() / "elsewhere");
  fs::create_directories(images);
  fs::create_directory_symlink(folder.path() / "elsewhere", images / "class");
  fs::create_directory_symlink(images, images / "circle");
  const auto key_of = [&](const char* picture) {
    folder.write("elsewhere/picture.png", picture);
    Scenario scenario;
    scenario.network.builtin = "lenet";
    scenario.network.images = "images.idx";
    scenario.network.calibration_images = images;
    return network_key(scenario).value();
  };
  const std::string key = key_of("one");
  CHECK(key_of("one") == key);
  CHECK(key_of("two") != key);
  fs::create_directory(images / "another");  // a class without pictures counts among the classes
  CHECK(key_of("one") != key);
}

TEST_CASE("a workload is made once, then taken from the cache") {
  const TemporaryFolder folder;
  const NetworkCache cache(folder.path());
  const Scenario scenario = fashion({{"network.count=2", ""}});
  const auto workload = [&] {
    return prepare_workload(
        scenario, [](double) {}, &cache);
  };
  const Workload first = workload();
  CHECK(files_in(folder.path()).size() == 1);
  const Workload second = workload();
  CHECK(to_cbor(second.network) == to_cbor(first.network));
  CHECK(second.images == first.images);
  CHECK(second.float_decisions == first.float_decisions);
  CHECK(to_cbor(prepare_timing_workload(scenario, &cache).network) == to_cbor(first.network));
  // It is the cache that answers.
  QuantizedNetwork renamed = first.network;
  renamed.name = "renamed";
  cache.store(network_key(scenario).value(), renamed);
  CHECK(prepare_timing_workload(scenario, &cache).network.name == "renamed");
  CHECK(prepare_timing_workload(scenario).network.name == first.network.name);
}

}  // namespace
}  // namespace bitbalance::test
