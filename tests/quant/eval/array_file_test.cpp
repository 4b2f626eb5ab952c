// Arrays of every type in IDX, NPY and NPZ files and without a header, and text files of labels.
#include "quant/eval/images/array_file.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "quant/eval/images/image_set.h"
#include "quant/eval/images/label_file.h"
#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/zip_archive.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

/// As numpy.save() writes it.
std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  const std::size_t length = dictionary.size();
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes += static_cast<char>(length >> (8 * i));
  return bytes + dictionary + data;
}

std::string header(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }      \n";
}

/// Bytes of numbers, the least significant first unless `big_endian`.
template <class Number>
std::string bytes_of(const std::vector<Number>& numbers, bool big_endian) {
  std::string bytes;
  for (const Number number : numbers) {
    std::string one(sizeof number, '\0');
    std::memcpy(one.data(), &number, sizeof number);  // of this machine, which is little-endian
    bytes += big_endian ? std::string(one.rbegin(), one.rend()) : one;
  }
  return bytes;
}

/// Reads `numbers` as they are in all formats: NPY with both byte orders, IDX if it has such a type.
template <class Number>
void check_type(const std::string& name, int idx_type, const std::vector<Number>& numbers) {
  CAPTURE(name);
  const TemporaryFolder folder;
  const std::string count = std::to_string(numbers.size());
  std::vector<std::string> files;
  for (const bool big : {false, true}) {
    const std::string type = (sizeof(Number) == 1 ? "|" : big ? ">" : "<") + name;
    for (const int version : {1, 2, 3})
      files.push_back(npy(header(type, "(" + count + ",)"), bytes_of(numbers, big), version));
  }
  if (idx_type != 0) {
    std::string idx = {0, 0, static_cast<char>(idx_type), 1, 0, 0, 0, static_cast<char>(numbers.size())};
    files.push_back(idx + bytes_of(numbers, true));
  }
  for (const std::string& file : files) {
    const Array array = read_array(folder.write("array", file));
    REQUIRE(array.extents == std::vector<int>{static_cast<int>(numbers.size())});
    REQUIRE(array.elements() == static_cast<std::int64_t>(numbers.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      CHECK(array.value(static_cast<std::int64_t>(i)) == static_cast<double>(numbers[i]));
  }
}

template <class Number>
void check_whole(const std::string& name, int idx_type) {
  using Limits = std::numeric_limits<Number>;
  check_type<Number>(name, idx_type, {0, 1, Limits::max(), Limits::min(), 100});
}

TEST_CASE("every type of number is read in every format") {
  check_whole<std::uint8_t>("u1", 0x08);
  check_whole<std::int8_t>("i1", 0x09);
  check_whole<std::int16_t>("i2", 0x0b);
  check_whole<std::int32_t>("i4", 0x0c);
  check_whole<std::uint16_t>("u2", 0);
  check_whole<std::uint32_t>("u4", 0);
  check_whole<std::uint64_t>("u8", 0);
  check_whole<std::int64_t>("i8", 0);
  check_type<std::uint8_t>("b1", 0, {0, 1});
  check_type<float>("f4", 0x0d, {0.1F, -1e30F, 0, 1e-40F});
  check_type<double>("f8", 0x0e, {0.1, -1e300, 0, 1e-310});
}

TEST_CASE("an array that is written is read again") {
  const TemporaryFolder folder;
  const std::vector<float> values = {0, -1.5F, 2, 3, 4, 5e-9F};
  const Array array = read_array(folder.write("a.npy", to_npy({2, 1, 3}, values)));
  CHECK(array.extents == std::vector<int>{2, 1, 3});
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(array.value(static_cast<std::int64_t>(i)) == static_cast<double>(values[i]));
}

TEST_CASE("numbers of 16 bits are IEEE 754") {
  const TemporaryFolder folder;
  const auto value = [&](std::uint16_t bits) {
    return read_array(
               folder.write("half", npy(header("<f2", "(1,)"), bytes_of<std::uint16_t>({bits}, false))))
        .value(0);
  };
  CHECK(value(0x3c00) == 1);
  CHECK(value(0xc000) == -2);
  CHECK(value(0x7bff) == 65504);
  CHECK(value(0x0001) == std::ldexp(1, -24));
  CHECK(value(0x03ff) == 1023 * std::ldexp(1, -24));
  CHECK(value(0x0400) == std::ldexp(1, -14));
  CHECK(value(0x3555) == 0.333251953125);
  CHECK(value(0xfc00) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(value(0x7e00)));
}

TEST_CASE("what is no array in an NPY file is refused by name") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& bytes) {
    const auto file = folder.write("array.npy", bytes);
    try {
      read_array(file);
    } catch (const std::invalid_argument& error) {
      CHECK_THAT(error.what(), Catch::StartsWith(file.string() + ": "));
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(refusal(npy("{'shape': (2, 3), \"descr\": '|u1', 'fortran_order': False}", "123456")) == "none");
  CHECK_THAT(refusal(npy(header("<f4", "(2,)"), "1234567")), Contains("is truncated: 7 bytes"));
  CHECK_THAT(refusal(npy(header("<f4", "(2,)"), "123456789")), Contains("is too long: 9 bytes"));
  CHECK_THAT(refusal(npy(header("<f4", "()"), "1234")), Contains("a single number"));
  CHECK_THAT(refusal(npy(header("<f4", "(0,)"), "")), Contains("extent 0 is 0; accepted: 1 to"));
  CHECK_THAT(refusal(npy(header("<f4", "(99999999999999999999,)"), "")), Contains("header that is none"));
  CHECK_THAT(refusal(npy(header("<f4", "(1,1,1,1,1,1,1,1,1)"), "1234")), Contains("more than 8 extents"));
  CHECK_THAT(refusal(npy(header("<f8", "(16777216,16777216)"), "")), Contains("more than 8 GiB"));
  for (const char* type : {"<c8", "<f1", "f4", "=f4", "|f4", "<i3", "<U5", "|O", "<f16", ""})
    CHECK_THAT(refusal(npy(header(type, "(1,)"), "1")),
               Contains(std::string("elements of type '") + type + "'"));
  CHECK_THAT(refusal(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234")),
             Contains("header that is none"));
  CHECK_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "1234")),
             Contains("fortran_order is not False"));
  CHECK_THAT(refusal(npy("{'descr': '<f4', 'shape': (1,)}", "1234")), Contains("header that is none"));
  CHECK_THAT(refusal(npy(header("<f4", "(1,)") + "x", "1234")), Contains("header that is none"));
  CHECK_THAT(refusal(npy(header("<f4", "(1,)"), "1234", 4)), Contains("NPY version 4; accepted: 1 to 3"));
  CHECK_THAT(refusal(npy(std::string(70'000, ' '), "", 2)), Contains("a header of 70000 bytes"));
  CHECK_THAT(refusal("\x93NUMPY\x01"), Contains("truncated inside the header"));
  CHECK_THAT(refusal("PK\x01\x02"), Contains("begins with the bytes 504b0102; accepted: an"));
  CHECK_THROWS_WITH(read_array(folder.path()), Contains("a folder; accepted: an IDX, NPY or NPZ file"));
}

std::filesystem::path npz(const TemporaryFolder& folder, const ZipMembers& members, bool is_compressed) {
  const std::filesystem::path file = folder.path() / (is_compressed ? "packed.npz" : "plain.npz");
  write_zip(file, members, is_compressed);
  return file;
}

TEST_CASE("an array of an NPZ file is read by its name, an only one without") {
  const TemporaryFolder folder;
  const std::string pixels(200'000, '\x07');  // several buffers of the archive's reader
  const std::string images = npy(header("|u1", "(2, 1, 100, 1000)"), pixels);
  const std::string labels = npy(header("<i8", "(2,)"), bytes_of<std::int64_t>({3, 1}, false));
  for (const bool is_compressed : {false, true}) {
    const auto both =
        npz(folder, {{"x_test.npy", images}, {"y_test.npy", labels}, {"readme.txt", "-"}}, is_compressed);
    const std::vector<std::uint8_t> found = read_images(both / "x_test").pixels;
    CHECK(std::string(found.begin(), found.end()) == pixels);
    CHECK(read_labels(both / "y_test") == std::vector<int>{3, 1});
    const std::string accepted = "; accepted: " + both.filename().string() + "/NAME, of [x_test, y_test]";
    CHECK_THROWS_WITH(read_array(both / "xtest"),
                      EndsWith("npz: holds no array 'xtest' (did you mean 'x_test'?)" + accepted));
    CHECK_THROWS_WITH(read_array(both), EndsWith("holds 2 arrays" + accepted));
    CHECK(read_array(npz(folder, {{"arr_0.npy", images}}, is_compressed)).extents ==
          std::vector<int>{2, 1, 100, 1000});
  }
}

TEST_CASE("a damaged NPZ file is refused in one line") {
  const TemporaryFolder folder;
  const std::string bytes = text_of(npz(folder, {{"x.npy", npy(header("|u1", "(9,)"), "123456789")}}, false));
  const auto refused = [&](const std::string& damaged, const std::string& expected) {
    const auto file = folder.write("x.npz", damaged);
    CHECK_THROWS_WITH(read_array(file), Catch::StartsWith(file.string() + ": ") && Contains(expected));
  };
  std::string other = bytes;
  other[other.find("123456789")] = '0';
  refused(other, "CRC error");
  refused(bytes.substr(0, bytes.size() / 2), "Not a zip archive; accepted: an NPZ file");
  other = text_of(npz(folder, {{"x.npy", npy(header("|u1", "(9,)"), "12345678")}}, false));
  refused(other, "is truncated: 8 bytes of data found, the header asks for 9");
  CHECK_THROWS_WITH(read_array(folder.write("x.txt", "text") / "y"), Contains("Not a zip archive"));
}

TEST_CASE("a file without a header holds images of the network's size") {
  const TemporaryFolder folder;
  const std::vector<std::int16_t> numbers = {1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const auto file = folder.write("raw", bytes_of(numbers, true));
  const NumberFormat format = number_format(">i2").value();
  CHECK(read_raw_images(file, format, {2, 1, 3}, ImageLayout::kNchw).values ==
        std::vector<float>(numbers.begin(), numbers.end()));
  const ImageSet last = read_raw_images(file, format, {2, 1, 3}, ImageLayout::kNhwc);
  CHECK(last.count == 2);
  CHECK(last.values == std::vector<float>{1, 3, 5, -2, 4, 6, 7, 9, 11, 8, 10, 12});
  CHECK_THROWS_WITH(
      read_raw_images(file, format, {5, 1, 1}, ImageLayout::kNchw),
      EndsWith("raw: 24 bytes without a header; accepted: a multiple of 10, up to 8589934592, and up to "
               "16777216 of them"));
  CHECK_THROWS_WITH(read_raw_images(folder.write("none", ""), format, {1, 1, 1}, ImageLayout::kNchw),
                    Contains("0 bytes without a header"));
  CHECK_FALSE(number_format("float32").has_value());
}

TEST_CASE("labels are numbers of any array, or lines of numbers and names") {
  const TemporaryFolder folder;
  CHECK(read_labels(
            folder.write("l", npy(header("<i8", "(3,)"), bytes_of<std::int64_t>({7, 0, 999}, false)))) ==
        std::vector<int>{7, 0, 999});
  CHECK(read_labels(folder.write("l", "7\r\n0\n999")) == std::vector<int>{7, 0, 999});
  const auto names = read_class_names(folder.write("names", "cat\ntabby cat\n7\n"));
  CHECK(read_labels(folder.write("l", "tabby cat\ncat\n1\n7\n"), names) == std::vector<int>{1, 0, 1, 2});

  const auto refused = [&](const std::string& text, const std::string& expected) {
    CHECK_THROWS_WITH(read_labels(folder.write("l", text), names), Contains(expected));
  };
  refused("cat\ntaby cat\n",
          "l:2: 'taby cat' (did you mean 'tabby cat'?); accepted: a class name, or a whole");
  refused("cat\n\ncat\n", "l:2: an empty line");
  refused("-1\n", "l:1: '-1'");
  refused("99999999\n", "accepted: a class name, or a whole number from 0 to 16777215");
  refused("", "l: empty");
  refused("\xff\n", "l: bytes that are not UTF-8");
  refused(npy(header("<f4", "(1,)"), bytes_of<float>({0.5F}, false)), "label 0 is 0.5; accepted: whole");
  refused(npy(header("<f4", "(1,)"), bytes_of<float>({NAN}, false)), "label 0 is nan");
  refused(npy(header("|i1", "(1,)"), "\xff"), "label 0 is -1");
  refused(npy(header("|u1", "(1, 1)"), "1"), "2 extents; accepted: 1");
  CHECK_THROWS_WITH(read_labels(folder.path() / "nowhere"),
                    EndsWith("nowhere: no such file; accepted: a text file"));
  CHECK_THROWS_WITH(read_class_names(folder.write("names", "a\nb\na\n")),
                    EndsWith("names:3: 'a' is also line 1; accepted: a name once"));
}

}  // namespace
}  // namespace bitbalance::test
