// Bytes on their way to a sink that fails, where no exception may pass.
#include "base/file/deferred_sink.h"

#include <catch2/catch.hpp>
#include <stdexcept>

namespace bitbalance::test {
namespace {

/// Keeps bytes until `room` is used up.
struct SmallSink : ByteSink {
  SmallSink(std::string& bytes, bool& closed, std::size_t room)
      : bytes_(bytes), closed_(closed), room_(room) {}

  void write(std::string_view bytes) override {
    if (bytes_.size() + bytes.size() > room_) throw std::runtime_error("no room for " + std::string(bytes));
    bytes_ += bytes;
  }
  void close() override { closed_ = true; }

 private:
  std::string& bytes_;
  bool& closed_;
  std::size_t room_;
};

TEST_CASE("a deferred sink hands its bytes on in order, and closes behind them") {
  std::string bytes;
  bool closed = false;
  DeferredSink sink(std::make_unique<SmallSink>(bytes, closed, 9));
  sink.write("one");
  sink.write("");
  sink.write("two");
  CHECK(bytes == "onetwo");
  CHECK_NOTHROW(sink.check());
  CHECK_FALSE(closed);
  sink.close();
  CHECK(closed);
}

TEST_CASE("a deferred sink tells its first failure later, and writes nothing after it") {
  std::string bytes;
  bool closed = false;
  DeferredSink sink(std::make_unique<SmallSink>(bytes, closed, 5));
  sink.write("one");
  CHECK_NOTHROW(sink.write("two"));
  CHECK_NOTHROW(sink.write("4"));  // has room: there would be a hole in front of it
  CHECK_NOTHROW(sink.write("three"));
  CHECK(bytes == "one");
  CHECK_THROWS_WITH(sink.check(), "no room for two");
  CHECK_THROWS_WITH(sink.close(), "no room for two");
  CHECK_FALSE(closed);
}

}  // namespace
}  // namespace bitbalance::test
