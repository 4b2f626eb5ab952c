// Pictures of files, resized and cut, alone and in folders.
#include "quant/eval/images/picture_file.h"

#include <jpeglib.h>
#include <png.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

#include "quant/eval/images/picture_folder.h"
#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Bytes = std::vector<std::uint8_t>;

std::string png(int height, int width, unsigned format, const void* pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(height);
  image.width = static_cast<png_uint_32>(width);
  image.format = format;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels, 0, nullptr) != 0);
  std::string bytes(size, '\0');
  REQUIRE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr) != 0);
  bytes.resize(size);
  return bytes;
}

std::string jpeg(int height, int width, int colours, J_COLOR_SPACE space, const Bytes& pixels) {
  jpeg_compress_struct library{};
  jpeg_error_mgr errors{};
  library.err = jpeg_std_error(&errors);
  jpeg_create_compress(&library);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&library, &bytes, &size);
  library.image_height = static_cast<JDIMENSION>(height);
  library.image_width = static_cast<JDIMENSION>(width);
  library.input_components = colours;
  library.in_color_space = space;
  jpeg_set_defaults(&library);
  jpeg_set_quality(&library, 100, TRUE);
  jpeg_start_compress(&library, TRUE);
  for (int y = 0; y < height; ++y) {
    JSAMPROW row = const_cast<JSAMPROW>(&pixels[static_cast<std::size_t>(y) * width * colours]);
    jpeg_write_scanlines(&library, &row, 1);
  }
  jpeg_finish_compress(&library);
  std::string file(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&library);
  std::free(bytes);
  return file;
}

Bytes counted(std::size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

TEST_CASE("a PNG file is read byte by byte, grey as three colours, without transparency") {
  const TemporaryFolder folder;
  const Bytes rgb = counted(18);
  const Picture colour = read_picture(folder.write("p", png(2, 3, PNG_FORMAT_RGB, rgb.data())));
  CHECK(colour.height == 2);
  CHECK(colour.width == 3);
  CHECK(colour.rgb == rgb);
  CHECK(read_picture(folder.write("p", png(1, 2, PNG_FORMAT_GRAY, Bytes{7, 200}.data()))).rgb ==
        Bytes{7, 7, 7, 200, 200, 200});
  CHECK(read_picture(folder.write("p", png(1, 2, PNG_FORMAT_RGBA, Bytes{1, 2, 3, 0, 4, 5, 6, 128}.data())))
            .rgb == Bytes{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a JPEG file is read in its colours, or grey") {
  const TemporaryFolder folder;
  Bytes flat;
  for (int i = 0; i < 64; ++i) flat.insert(flat.end(), {200, 100, 50});
  const Picture colour = read_picture(folder.write("p", jpeg(8, 8, 3, JCS_RGB, flat)));
  REQUIRE(colour.rgb.size() == flat.size());
  for (std::size_t i = 0; i < flat.size(); ++i) CHECK(std::abs(colour.rgb[i] - flat[i]) <= 2);
  const Picture grey = read_picture(folder.write("p", jpeg(8, 8, 1, JCS_GRAYSCALE, Bytes(64, 77))));
  CHECK(grey.rgb == Bytes(192, 77));
}

TEST_CASE("a picture that is cut short anywhere, or of another format, is refused in one line") {
  const TemporaryFolder folder;
  const Bytes pixels = counted(16 * 16 * 3);
  const auto refusal = [&](const std::string& bytes) {
    const auto file = folder.write("cut", bytes);
    try {
      read_picture(file);
    } catch (const std::invalid_argument& error) {
      CHECK_THAT(error.what(), Catch::StartsWith(file.string() + ": "));
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      return std::string(error.what());
    }
    return std::string("none");
  };
  const std::string of_png = png(16, 16, PNG_FORMAT_RGB, pixels.data());
  for (std::size_t length = 0; length + 20 < of_png.size(); length += 7)  // what follows is no picture
    CHECK_THAT(refusal(of_png.substr(0, length)), Contains("accepted: a"));
  const std::string of_jpeg = jpeg(16, 16, 3, JCS_RGB, pixels);
  for (std::size_t length = 0; length + 2 < of_jpeg.size(); length += 13)
    CHECK_THAT(refusal(of_jpeg.substr(0, length)), Contains("accepted: a"));
  CHECK_THAT(refusal(jpeg(1, 1, 4, JCS_CMYK, Bytes(4, 9))),
             Contains("accepted: a whole JPEG file, grey or colour"));
  CHECK_THAT(refusal("GIF89a"), Contains("no picture; accepted: a PNG or JPEG file"));
  std::string large = of_png;
  large.replace(16, 8, std::string("\0\x01\0\0\0\x01\0\0", 8));  // 65536 x 65536; a wrong checksum, too
  CHECK_THAT(refusal(large), Contains("accepted: "));
  CHECK_THROWS_WITH(read_picture(folder.path()), Contains("a folder; accepted: a PNG or JPEG file"));
}

/// One line of grey pixels, and back.
Picture line(const Bytes& grey) {
  Picture picture;
  picture.height = 1;
  picture.width = static_cast<int>(grey.size());
  for (const std::uint8_t value : grey) picture.rgb.insert(picture.rgb.end(), 3, value);
  return picture;
}

Bytes reds(const Picture& picture) {
  Bytes values;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) values.push_back(picture.rgb[i]);
  return values;
}

TEST_CASE("a picture of another size is a weighted mean of the old one") {
  // Twice as large: a quarter of the neighbour, at the ends nothing but the pixel itself.
  const Picture twice = resized(line({0, 100, 200}), 2);
  CHECK(twice.height == 2);
  CHECK(twice.width == 6);
  CHECK(reds(twice) == Bytes{0, 25, 75, 125, 175, 200, 0, 25, 75, 125, 175, 200});
  // Half as large, two lines: the weights of four neighbours are 1, 3, 3, 1 of 8; at the ends 3, 3, 1 of 7.
  Picture two = line({0, 80, 160, 240});
  two.rgb.insert(two.rgb.end(), two.rgb.begin(), two.rgb.end());
  two.height = 2;
  CHECK(reds(resized(two, 1)) == Bytes{57, 183});
  // The same size is the same picture, and one colour stays it.
  Picture picture;
  picture.height = 5;
  picture.width = 7;
  picture.rgb = counted(105);
  CHECK(resized(picture, 5).rgb == picture.rgb);
  picture.rgb.assign(105, 93);
  for (const int shorter : {1, 2, 4, 9, 31}) {
    const Picture other = resized(picture, shorter);
    CHECK(other.height == shorter);
    CHECK(other.width == 7 * shorter / 5);
    CHECK(other.rgb == Bytes(other.rgb.size(), 93));
  }
}

TEST_CASE("the middle of a picture leaves what is over at the end") {
  Picture picture = line({1, 2, 3, 4});
  CHECK(reds(centre(picture, 1, 2)) == Bytes{2, 3});
  CHECK(reds(centre(picture, 1, 1)) == Bytes{2});
  CHECK(reds(centre(picture, 1, 4)) == Bytes{1, 2, 3, 4});
}

TEST_CASE("pictures of a folder become a network's input") {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const Bytes& rgb) {
    fs::create_directories((folder.path() / name).parent_path());
    folder.write(name, png(1, static_cast<int>(rgb.size() / 3), PNG_FORMAT_RGB, rgb.data()));
  };
  write("plain/b.PNG", {4, 5, 6});
  write("plain/a.png", {1, 2, 3});
  folder.write("plain/notes.txt", "passed over");
  const PictureFolder plain = list_pictures(folder.path() / "plain");
  REQUIRE(plain.files.size() == 2);
  CHECK(plain.labels.empty());
  const ImageSet set = read_pictures(plain, 2, {3, 1, 1}, 0);
  CHECK(set.count == 2);
  CHECK(set.pixels == Bytes{1, 2, 3, 4, 5, 6});
  CHECK(read_pictures(plain, 1, {1, 1, 1}, 0).pixels == Bytes{2});
  CHECK_THROWS_WITH(read_pictures(plain, 1, {1, 2, 1}, 0),
                    Contains("a.png: 1 x 1 pixels; accepted: at least 1 x 2, the network's input"));
  CHECK(read_pictures(plain, 1, {1, 2, 1}, 3).pixels == Bytes{2, 2});
  CHECK_THROWS_WITH(read_pictures(plain, 1, {2, 1, 1}, 0), Contains("2 channels; accepted: 1 or 3"));

  write("classes/dog/1.png", {1, 1, 1});
  write("classes/dog/2.png", {2, 2, 2});
  write("classes/dog/3.png", {3, 3, 3});
  write("classes/cat/x.png", {9, 9, 9, 8, 8, 8});
  const PictureFolder classes = list_pictures(folder.path() / "classes");
  // One of each class in turn, so that the first few are of all classes.
  CHECK(classes.labels == std::vector<int>{0, 1, 1, 1});
  CHECK(read_pictures(classes, 3, {3, 1, 1}, 0).pixels == Bytes{9, 9, 9, 1, 1, 1, 2, 2, 2});
  CHECK(list_pictures(folder.path() / "classes", {"bird", "dog", "cat"}).labels ==
        std::vector<int>{2, 1, 1, 1});
  CHECK_THROWS_WITH(list_pictures(folder.path() / "classes", {"dogs", "cat"}),
                    Contains("'dog' is no class (did you mean 'dogs'?); accepted: a class name"));
  write("classes/stray.png", {1, 1, 1});
  CHECK_THROWS_WITH(list_pictures(folder.path() / "classes"),
                    Contains("pictures and folders; accepted: one of them"));
  fs::create_directory(folder.path() / "empty");
  CHECK_THROWS_WITH(list_pictures(folder.path() / "empty"), Contains("no pictures; accepted: PNG and JPEG"));
}

}  // namespace
}  // namespace bitbalance::test
