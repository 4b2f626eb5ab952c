// IDX files, good and bad, and accuracy.
#include "quant/eval/images/image_set.h"
#include "tests/support/names.h"

#include <unistd.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <optional>
#include <stdexcept>

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

// A file that goes away with the test.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::vector<int>& bytes)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(getpid()) + name)) {
    std::ofstream stream(path_, std::ios::binary);
    for (const int byte : bytes) stream.put(static_cast<char>(byte));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Two images of 1 x 3.
const std::vector<int> image_bytes = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 1, 2, 3};

}  // namespace

TEST_CASE("images and labels are read in file order") {
  const TemporaryFile images("images", image_bytes);
  const TemporaryFile labels("labels", {0, 0, 8, 1, 0, 0, 0, 2, 7, 9});
  const ImageSet set = read_images(images.path(), labels.path());
  CHECK(set.count == 2);
  CHECK(set.shape() == Shape{1, 1, 3});
  CHECK(set.pixels == std::vector<std::uint8_t>{0, 51, 255, 1, 2, 3});
  CHECK(set.labels == std::vector<int>{7, 9});
  CHECK(float_images(set, 0, 1)[0] == std::vector<float>{0.0F, 51 / 255.0F, 1.0F});
  CHECK(float_images(set, 1, 1)[0][2] == 3 / 255.0F);
}

TEST_CASE("four dimensions hold channels") {
  const TemporaryFile images("colour", {0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 10, 20});
  CHECK(read_images(images.path()).shape() == Shape{2, 1, 1});
}

TEST_CASE("of more than four dimensions all but rows and columns are channels, one after the other") {
  const std::vector<int> bytes = {0, 0, 8, 5, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3,  0,  0,
                                  0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const TemporaryFile volumes("volumes", bytes);
  const ImageSet set = read_images(volumes.path());
  CHECK(set.count == 2);
  CHECK(set.shape() == Shape{3, 1, 2});
  CHECK(set.pixels == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  CHECK_THROWS_WITH(
      read_images(volumes.path(), ImageLayout::kNhwc),
      Catch::Contains("5 extents; accepted in the layout nhwc: 2 (image, channel), 3 (image, y, x), "
                      "or 4 (with channels)"));
  const TemporaryFile list("list", {0, 0, 8, 1, 0, 0, 0, 1, 7});
  CHECK_THROWS_WITH(read_images(list.path()), Catch::Contains("1 extents; accepted: 2 (image, channel)"));
}

TEST_CASE("channels that come last are put ahead of the pixels") {
  // One image of 1 x 2 pixels with 3 channels.
  const std::vector<int> header = {0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
  std::vector<int> bytes = header;
  bytes.insert(bytes.end(), {1, 2, 3, 4, 5, 6});
  const TemporaryFile images("nhwc", bytes);
  const ImageSet set = read_images(images.path(), ImageLayout::kNhwc);
  CHECK(set.shape() == Shape{3, 1, 2});
  CHECK(set.pixels == std::vector<std::uint8_t>{1, 4, 2, 5, 3, 6});
  bytes = header;
  bytes[2] = 0x0b;  // of 16 bits
  bytes.insert(bytes.end(), {0, 1, 0, 2, 0, 3, 0xff, 0xff, 1, 0, 0, 6});
  const TemporaryFile wide("nhwc-wide", bytes);
  CHECK(read_images(wide.path(), ImageLayout::kNhwc).values == std::vector<float>{1, -1, 2, 256, 3, 6});
  CHECK(read_images(wide.path()).shape() == Shape{1, 2, 3});
}

TEST_CASE("truths are the numbers 0 and 1, no bytes of pixels") {
  const TemporaryFile truths("truths", {0, 1, 1, 0, 7, 0});
  const std::optional<NumberFormat> format = number_format("|b1");
  REQUIRE(format);
  const ImageSet set = read_raw_images(truths.path(), *format, {1, 1, 3}, ImageLayout::kNchw);
  CHECK(set.count == 2);
  CHECK(float_images(set, 0, 1)[0] == std::vector<float>{0, 1, 1});
  CHECK(float_images(set, 1, 1)[0] == std::vector<float>{0, 1, 0});
}

TEST_CASE("a mean and a deviation for each channel, of bytes and of other numbers") {
  ImageSet set;
  set.count = set.height = set.width = 1;
  set.channels = 2;
  set.pixels = {51, 255};
  CHECK(float_images(set, 0, 1, {{0.2, 0.5}, {1, 0.25}})[0] ==
        std::vector<float>{static_cast<float>(0.2F - 0.2), 2});
  set.pixels.clear();
  set.values = {51, 255};
  CHECK(float_images(set, 0, 1, {{1, 5}, {10, 0.5}})[0] == std::vector<float>{5, 500});
  CHECK(float_images(set, 0, 1, {{1}, {10, 0.5}})[0] == std::vector<float>{5, 508});
  CHECK_THROWS_WITH(float_images(set, 0, 1, {{1, 2, 3}, {1}}), Catch::Contains("accepted: 1, or 2"));
}

TEST_CASE("bad image files are refused by name") {
  const auto refusal = [](const std::vector<int>& file_bytes) {
    const TemporaryFile file("bad-images", file_bytes);
    try {
      read_images(file.path());
    } catch (const std::invalid_argument& error) {
      CHECK_THAT(error.what(), Catch::Contains(file.path().string()));
      return std::string(error.what());
    }
    return std::string("none");
  };
  std::vector<int> bytes = image_bytes;
  bytes.pop_back();
  CHECK_THAT(refusal(bytes), Catch::Contains("is truncated: 5 bytes of data found, the header asks for 6"));
  bytes = image_bytes;
  bytes.push_back(0);
  CHECK_THAT(refusal(bytes), Catch::Contains("is too long: 7 bytes"));
  CHECK_THAT(refusal({0, 0, 8}), Catch::Contains("truncated inside the header"));
  CHECK_THAT(refusal({0x1f, 0x8b, 8, 8}),
             Catch::Contains("begins with the bytes 1f8b0808; accepted: an") && Catch::Contains("IDX"));
  CHECK_THAT(refusal({}), Catch::Contains("begins with the bytes of nothing"));
  CHECK_THAT(refusal({0, 0, 8, 1, 0, 0, 0, 1, 0}), Catch::Contains("1 extents; accepted: 2"));
  CHECK_THAT(refusal({0, 0, 8, 0}), Catch::Contains("without extents"));
  CHECK_THAT(refusal({0, 0, 10, 1, 0, 0, 0, 1, 0}),
             Catch::Contains("IDX elements of type 0x0a; accepted: 08"));
  CHECK_THAT(refusal({0, 0, 0x0d, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0x7f, 0xc0, 0, 0}),
             Catch::Contains("a value of image 0 is nan; accepted: -1e9 to 1e9"));
  bytes = image_bytes;
  bytes[7] = 0;
  CHECK_THAT(refusal(bytes), Catch::Contains("extent 0 is 0"));
  bytes[4] = 255;
  CHECK_THAT(refusal(bytes), Catch::Contains("extent 0 is 4278190080; accepted: 1 to 16777216"));
  bytes[4] = 0;
  bytes[5] = bytes[9] = 255;
  CHECK_THAT(refusal(bytes), Catch::Contains("more than 8 GiB"));
  // 2^24 * 2^16 * 2^24 is 2^64, which 64 bits take for 0.
  CHECK_THAT(refusal({0, 0, 8, 3, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0}), Catch::Contains("more than 8 GiB"));
  CHECK_THROWS_WITH(read_images("no/such/file"), Catch::Contains("no/such/file: no such file"));
}

TEST_CASE("labels must be as many as images") {
  const TemporaryFile images("few-images", image_bytes);
  const TemporaryFile labels("many-labels", {0, 0, 8, 1, 0, 0, 0, 3, 7, 9, 1});
  CHECK_THROWS_WITH(read_images(images.path(), labels.path()),
                    Catch::Contains("holds 3 labels for the 2 images"));
}

TEST_CASE("asking for more images than there are is refused") {
  const TemporaryFile file("two-images", image_bytes);
  const ImageSet set = read_images(file.path());
  CHECK_THROWS_WITH(float_images(set, 1, 2),
                    Catch::Contains("images 1 to 2 asked for; the set holds 0 to 1"));
  CHECK_THROWS_AS(float_images(set, -1, 1), std::invalid_argument);
}

TEST_CASE("accuracy is the share of right predictions") {
  CHECK(argmax(std::vector<int>{3, 9, 9}) == 1);
  CHECK(accuracy({1, 2, 3, 4}, {1, 2, 0, 4, 8}) == 0.75);
  CHECK_THROWS_AS(accuracy({}, {1}), std::invalid_argument);
  CHECK_THROWS_AS(accuracy({1, 2}, {1}), std::invalid_argument);
}
