#include "quant/eval/images/picture_file.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <string>

#include <jpeglib.h>

#include <jerror.h>

#include "base/text/outside_text.h"
#include "quant/eval/images/refusal.h"

namespace bitbalance::eval {
namespace {

constexpr std::size_t kLargestPicture = std::size_t{1} << 28;  // bytes

/// A picture of that size, still black.
Picture of_size(const std::filesystem::path& file, std::uint64_t height, std::uint64_t width) {
  if (height == 0 || width == 0 || height * width > Picture::kMostPixels) {
    refuse(file,
           fmt::format("{} x {} pixels; accepted: up to {} in all", width, height, Picture::kMostPixels));
  }
  Picture picture;
  picture.height = static_cast<int>(height);
  picture.width = static_cast<int>(width);
  picture.rgb.resize(height * width * Picture::kColours);
  return picture;
}

class PngImage {
 public:
  PngImage() {
    image_.version = PNG_IMAGE_VERSION;
    image_.flags = PNG_IMAGE_FLAG_16BIT_sRGB;
  }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;

  Picture read(const std::filesystem::path& file, const std::string& bytes) {
    if (png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()) == 0) refuse_damaged(file);
    Picture picture = of_size(file, image_.height, image_.width);
    image_.format = PNG_FORMAT_RGBA;  // without alpha, the library would mix the colours with a background
    std::vector<std::uint8_t> rgba(PNG_IMAGE_SIZE(image_));
    if (png_image_finish_read(&image_, nullptr, rgba.data(), 0, nullptr) == 0) refuse_damaged(file);
    constexpr std::size_t kWithAlpha = 4;
    for (std::size_t i = 0; i < rgba.size() / kWithAlpha; ++i)
      std::copy_n(&rgba[i * kWithAlpha], Picture::kColours, &picture.rgb[i * Picture::kColours]);
    return picture;
  }

 private:
  [[noreturn]] void refuse_damaged(const std::filesystem::path& file) const {
    refuse(file, fmt::format("damaged ({}); accepted: a whole PNG file", image_.message));
  }

  png_image image_{};
};

/// What the JPEG library reports to: it knows no other way out than a jump.
struct JpegErrors {
  jpeg_error_mgr manager{};  ///< first: the library hands this one over
  std::jmp_buf out{};
  std::array<char, JMSG_LENGTH_MAX> message{};

  [[noreturn]] static void leave(j_common_ptr library) {
    auto* const errors = reinterpret_cast<JpegErrors*>(library->err);
    errors->manager.format_message(library, errors->message.data());
    std::longjmp(errors->out, 1);
  }
  /// What the library makes up where data is missing or wrong is no picture.
  static void tell(j_common_ptr library, int level) {
    const int code = library->err->msg_code;
    const bool is_damage = code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_JPEG_EOF ||
                           code == JWRN_ARITH_BAD_CODE || code == JWRN_BOGUS_PROGRESSION;
    if (level < 0 && is_damage) leave(library);
  }
};

/// Decodes into `picture`, which `prepare` gives its size. False, with the reason in `errors`, for a damaged
/// file. Nothing here may have a destructor, since it is left by a jump.
bool decode_jpeg(const std::string& bytes, jpeg_decompress_struct& library, JpegErrors& errors,
                 const std::filesystem::path& file, Picture& picture) {
  if (setjmp(errors.out) != 0) return false;
  jpeg_mem_src(&library, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&library, TRUE);
  library.out_color_space = JCS_RGB;
  picture = of_size(file, library.image_height, library.image_width);
  jpeg_start_decompress(&library);
  while (library.output_scanline < library.output_height) {
    JSAMPROW row = &picture.rgb[std::size_t{library.output_scanline} * picture.width * Picture::kColours];
    jpeg_read_scanlines(&library, &row, 1);
  }
  jpeg_finish_decompress(&library);
  return true;
}

class JpegImage {
 public:
  JpegImage() {
    library_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = JpegErrors::leave;
    errors_.manager.emit_message = JpegErrors::tell;
    jpeg_create_decompress(&library_);
  }
  ~JpegImage() { jpeg_destroy_decompress(&library_); }
  JpegImage(const JpegImage&) = delete;
  JpegImage& operator=(const JpegImage&) = delete;

  Picture read(const std::filesystem::path& file, const std::string& bytes) {
    Picture picture;
    if (!decode_jpeg(bytes, library_, errors_, file, picture)) {
      refuse(file, fmt::format("damaged ({}); accepted: a whole JPEG file, grey or colour",
                               errors_.message.data()));
    }
    return picture;
  }

 private:
  jpeg_decompress_struct library_{};
  JpegErrors errors_;
};

/// One line of pixels with `step` bytes from one to the next, resampled into another of `to` pixels.
class Resampling {
 public:
  Resampling(int from, int to) {
    const double scale = static_cast<double>(from) / to, reach = std::max(scale, 1.0);
    for (int i = 0; i < to; ++i) {
      const double middle = (i + 0.5) * scale;
      Taps taps;
      taps.first = std::max(0, static_cast<int>(std::lround(middle - reach)));
      const int end = std::min(from, static_cast<int>(std::lround(middle + reach)));
      double sum = 0;
      for (int at = taps.first; at < end; ++at) {
        taps.weights.push_back(std::max(0.0, 1 - std::abs((at + 0.5 - middle) / reach)));
        sum += taps.weights.back();
      }
      for (double& weight : taps.weights) weight /= sum;
      taps_.push_back(std::move(taps));
    }
  }

  void apply(const std::uint8_t* from, std::size_t from_step, std::uint8_t* to, std::size_t to_step) const {
    for (std::size_t i = 0; i < taps_.size(); ++i) {
      const Taps& taps = taps_[i];
      double sum = 0.5;  // rounds
      for (std::size_t t = 0; t < taps.weights.size(); ++t)
        sum += taps.weights[t] * from[(static_cast<std::size_t>(taps.first) + t) * from_step];
      to[i * to_step] = static_cast<std::uint8_t>(sum);
    }
  }

 private:
  struct Taps {
    int first = 0;
    std::vector<double> weights;
  };
  std::vector<Taps> taps_;
};

}  // namespace

bool is_picture(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

Picture read_picture(const std::filesystem::path& file) {
  const auto bytes = read_bytes(file, kLargestPicture);
  if (!bytes) refuse(file, unreadable(file) + "; accepted: a PNG or JPEG file");
  if (bytes->rfind("\x89PNG", 0) == 0) return PngImage().read(file, *bytes);
  if (bytes->rfind("\xff\xd8", 0) == 0) return JpegImage().read(file, *bytes);
  refuse(file, "no picture; accepted: a PNG or JPEG file");
}

Picture resized(const Picture& picture, int shorter) {
  const int shortest = std::min(picture.height, picture.width);
  const auto side = [&](int old) { return static_cast<int>(std::int64_t{old} * shorter / shortest); };
  constexpr std::size_t kColours = Picture::kColours;
  Picture wide;  // its width is new
  wide.height = picture.height;
  wide.width = side(picture.width);
  wide.rgb.resize(static_cast<std::size_t>(wide.height) * wide.width * kColours);
  const Resampling columns(picture.width, wide.width);
  for (int y = 0; y < picture.height; ++y) {
    for (std::size_t c = 0; c < kColours; ++c) {
      columns.apply(picture.at(y, 0) + c, kColours, &wide.rgb[std::size_t{kColours} * y * wide.width + c],
                    kColours);
    }
  }
  Picture result;
  result.height = side(picture.height);
  result.width = wide.width;
  const std::size_t row = result.width * kColours;
  result.rgb.resize(result.height * row);
  const Resampling rows(picture.height, result.height);
  for (std::size_t at = 0; at < row; ++at) rows.apply(&wide.rgb[at], row, &result.rgb[at], row);
  return result;
}

Picture centre(const Picture& picture, int height, int width) {
  Picture middle;
  middle.height = height;
  middle.width = width;
  const int top = (picture.height - height) / 2, left = (picture.width - width) / 2;
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = picture.at(top + y, left);
    middle.rgb.insert(middle.rgb.end(), row, row + std::size_t{Picture::kColours} * width);
  }
  return middle;
}

std::uint8_t luminance(const std::uint8_t* rgb) {
  constexpr std::uint32_t kRed = 19595, kGreen = 38470, kBlue = 7471, kHalf = 1U << 15U;  // of 2^16
  return static_cast<std::uint8_t>((kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2] + kHalf) >> 16U);
}

}  // namespace bitbalance::eval
