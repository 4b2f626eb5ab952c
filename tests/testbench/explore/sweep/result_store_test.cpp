// Results in SQLite: what is kept, by which key, and what is refused of a file.
#include <SQLiteCpp/SQLiteCpp.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "testbench/explore/sweep/point/point_key.h"
#include "testbench/explore/sweep/result_store.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::explore {
namespace {

using Catch::Matchers::Contains;
using test::TemporaryFolder;
using test::text_of;

PointResult some_result() {
  PointResult result;
  result.level = Level::kTlm;
  result.network = "a, \"network\"";
  result.figures.fill(std::numeric_limits<double>::quiet_NaN());
  result.figures[0] = 0.1 + 0.2;
  result.figures[1] = 1e300;
  return result;
}

std::string refusal(const std::filesystem::path& file) {
  try {
    ResultStore store(file);
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "not refused";
}

TEST_CASE("a result comes back as it was, once it is committed") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "deep" / "results.sqlite";
  for (const bool is_committed : {false, true}) {
    ResultStore store(file);
    store.add(7, {"program", "scenario", "{}"}, some_result());
    store.add(std::uint64_t{1} << 63, {"program", "scenario", "{}"}, refused("why", Level::kRtl));
    if (is_committed) store.commit();
  }
  ResultStore store(file);
  CHECK(store.keys() == std::unordered_set<std::uint64_t>{7, std::uint64_t{1} << 63});
  const auto first = store.find(7), second = store.find(std::uint64_t{1} << 63);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->network == some_result().network);
  CHECK(first->level == Level::kTlm);
  CHECK(first->verdict == PointVerdict::kPass);
  CHECK(first->figures[0] == 0.1 + 0.2);
  CHECK(first->figures[1] == 1e300);
  CHECK(std::isnan(first->figures[2]));
  CHECK(second->verdict == PointVerdict::kRefused);
  CHECK(second->level == Level::kRtl);
  CHECK(second->message == "why");
  CHECK_FALSE(store.find(8));
}

TEST_CASE("a file that got no result goes again, with the folders that were made for it") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "there");
  for (const bool is_added : {false, true}) {
    ResultStore store(folder.path() / "there" / "deep" / "deeper" / "results.sqlite");
    if (is_added) store.add(7, {}, some_result());
  }
  CHECK(std::filesystem::is_empty(folder.path() / "there"));
  const auto kept = folder.path() / "kept.sqlite";
  for (const bool is_first : {true, false}) {
    ResultStore store(kept);
    if (is_first) store.add(7, {}, some_result());
    store.commit();
  }
  CHECK(ResultStore(kept).find(7));
}

TEST_CASE("a key that is there keeps its result") {
  const TemporaryFolder folder;
  ResultStore store(folder.path() / "results.sqlite");
  store.add(7, {}, some_result());
  store.add(7, {}, refused("later", Level::kRtl));
  store.commit();
  CHECK(store.find(7)->verdict == PointVerdict::kPass);
}

TEST_CASE("what is no database of this program is refused by name, and stays as it is") {
  const TemporaryFolder folder;
  const auto text = folder.write("notes.txt", std::string(5000, 'x'));
  CHECK_THAT(refusal(text), Contains("notes.txt: no database; accepted: a file that bitbalance sweep wrote"));
  CHECK(text_of(text) == std::string(5000, 'x'));

  const auto foreign = folder.path() / "foreign.sqlite";
  SQLite::Database(foreign.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t(a)");
  CHECK_THAT(refusal(foreign), Contains("a database of another program"));

  const auto newer = folder.path() / "newer.sqlite";
  {
    ResultStore store(newer);
    store.add(7, {}, some_result());
    store.commit();
  }
  SQLite::Database(newer.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  CHECK_THAT(refusal(newer), Contains("schema 99"));

  CHECK_THAT(refusal(folder.path()), Contains("accepted: a file that can be written"));
  CHECK_THAT(refusal(text / "below.sqlite"), Contains("accepted: a file that can be written"));
}

TEST_CASE("a damaged database is refused") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "results.sqlite";
  {
    ResultStore store(file);
    for (std::uint64_t key = 0; key < 1000; ++key) store.add(key, {"p", "s", "{}"}, some_result());
    store.commit();
  }
  const std::string whole = text_of(file);
  constexpr std::size_t kPage = 4096;
  REQUIRE(whole.size() > 4 * kPage);
  std::string damaged = whole;
  damaged.replace(2 * kPage, kPage, kPage, '\xff');
  CHECK_THAT(refusal(folder.write("results.sqlite", damaged)), Contains("damaged"));
  CHECK_THAT(refusal(folder.write("results.sqlite", whole.substr(0, whole.size() / 2))), Contains("damaged"));
}

TEST_CASE("a database belongs to one program at a time") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "results.sqlite";
  const ResultStore store(file);
  CHECK_THAT(refusal(file), Contains("in use by another program"));
}

TEST_CASE("a key changes with what a result depends on, and with nothing else") {
  const TemporaryFolder folder;
  const auto model = folder.write(
      "model.onnx", text_of(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/networks/lenet.onnx"));
  const auto key = [&](std::vector<SettingOverride> overrides, const std::string& program = "1") {
    overrides.push_back({"network.model=" + model.string(), ""});
    overrides.push_back({"run.level=analytic", ""});
    const Scenario scenario =
        load_scenario(std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml", overrides);
    return KeyMaker(program).key_of(scenario, effective_settings(scenario));
  };
  const PointKey usual = key({});
  CHECK(key({}).point == usual.point);
  CHECK(key({{"name=other", ""}, {"run.threads=3", ""}}).point == usual.point);
  CHECK(key({{"accelerator.rows=16", ""}}).point != usual.point);
  CHECK(key({{"accelerator.rows=16", ""}}).network == usual.network);
  CHECK(key({{"technology.logic.adder.energy.value=0.2", ""}}).point != usual.point);
  CHECK(key({{"quantization.nnzb=2", ""}}).network != usual.network);
  CHECK(key({}, "2").point != usual.point);
  folder.write("model.onnx", text_of(model) + " ");
  CHECK(key({}).point != usual.point);
  CHECK(key({}).network != usual.network);
}

TEST_CASE("of a program with changes that its revision does not name, a key has all") {
  const TemporaryFolder folder;
  const Scenario scenario;
  const auto key = [&](const std::string& program, const char* contents) {
    return KeyMaker(program, folder.write("program", contents))
        .key_of(scenario, effective_settings(scenario))
        .point;
  };
  CHECK(key("1 (abc)", "one") == key("1 (abc)", "two"));
  for (const char* program : {"1 (abc-dirty)", "1 (unknown)"}) {
    CHECK(key(program, "one") == key(program, "one"));
    CHECK(key(program, "one") != key(program, "two"));
  }
}

TEST_CASE("a key has the array of an archive, and what all of the archive holds") {
  const TemporaryFolder folder;
  const auto key = [&](const char* array, const char* contents) {
    Scenario scenario;
    scenario.network.images = folder.write("images.npz", contents) / array;
    return KeyMaker("1").key_of(scenario, effective_settings(scenario)).point;
  };
  CHECK(key("x.npy", "one") == key("x.npy", "one"));
  CHECK(key("x.npy", "one") != key("y.npy", "one"));
  CHECK(key("x.npy", "one") != key("x.npy", "two"));
}

TEST_CASE("a key has the pictures of folders per class, which may be links") {
  const TemporaryFolder folder;
  const std::filesystem::path images = folder.path() / "images";
  std::filesystem::create_directories(folder.path() / "elsewhere");
  std::filesystem::create_directories(images);
  std::filesystem::create_directory_symlink(folder.path() / "elsewhere", images / "class");
  const auto key = [&](const char* picture) {
    folder.write("elsewhere/picture.png", picture);
    Scenario scenario;
    scenario.network.images = images;
    return KeyMaker("1").key_of(scenario, effective_settings(scenario)).point;
  };
  const std::uint64_t one = key("one");
  CHECK(key("one") == one);
  CHECK(key("two") != one);
  std::filesystem::create_directory(images / "another");
  CHECK(key("one") != one);
}

}  // namespace
}  // namespace bitbalance::explore
