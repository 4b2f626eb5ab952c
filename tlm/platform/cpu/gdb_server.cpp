#include "tlm/platform/cpu/gdb_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace bitbalance::cpu {
namespace {

constexpr unsigned kRegisters = DebugTarget::kPc + 1;
constexpr char kInterrupt = 3;  // what GDB sends for Ctrl-C
constexpr const char* kStopped = "S05";

constexpr const char* kDescription =
    "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
    "<architecture>riscv:rv64</architecture></target>";

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// Little-endian, as the hart's memory is.
std::string hex(std::uint64_t value) {
  return hex(reinterpret_cast<const std::uint8_t*>(&value), sizeof value);
}

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::strtoul(text.substr(i, 2).c_str(), nullptr, 16)));
  return bytes;
}

std::uint64_t value_of(const std::string& text) {
  std::uint64_t value = 0;
  const std::vector<std::uint8_t> bytes = bytes_of(text);
  for (std::size_t i = std::min<std::size_t>(bytes.size(), sizeof value); i-- > 0;)
    value = value << 8 | bytes[i];
  return value;
}

/// The hexadecimal numbers of "1000,4" or "1,20,ff".
std::vector<std::uint64_t> numbers(const std::string& text) {
  std::vector<std::uint64_t> result;
  for (const char* at = text.c_str(); *at != '\0';) {
    char* end = nullptr;
    result.push_back(std::strtoull(at, &end, 16));
    if (end == at) return {};
    at = *end == ',' || *end == '=' ? end + 1 : end + std::char_traits<char>::length(end);
  }
  return result;
}

}  // namespace

GdbServer::GdbServer(int port) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t bytes = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 1) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
    ::close(listener_);
    throw std::runtime_error(fmt::format("port {}: cannot be listened on", port));
  }
  port_ = ntohs(address.sin_port);
}

GdbServer::~GdbServer() {
  if (connection_ >= 0) ::close(connection_);
  ::close(listener_);
}

void GdbServer::accept_connection() {
  connection_ = ::accept(listener_, nullptr, nullptr);
  if (connection_ < 0) throw std::runtime_error("the debugger's connection failed");
  const int yes = 1;  // an answer does not wait until the "+" in front of it has been acknowledged
  ::setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool GdbServer::next(char& c) {
  return ::recv(connection_, &c, 1, 0) == 1;
}

std::optional<std::string> GdbServer::receive() {
  char c = 0;
  while (true) {
    do {
      if (!next(c)) return {};
    } while (c != '$');
    std::string text;
    unsigned sum = 0;
    while (next(c) && c != '#') {
      text += c;
      sum += static_cast<unsigned char>(c);
    }
    std::string check(2, '0');
    if (!next(check[0]) || !next(check[1])) return {};
    const bool whole = std::strtoul(check.c_str(), nullptr, 16) == (sum & 0xff);
    if (::send(connection_, whole ? "+" : "-", 1, MSG_NOSIGNAL) != 1) return {};
    if (whole) return text;
  }
}

void GdbServer::send(const std::string& text) {
  unsigned sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  const std::string packet = fmt::format("${}#{:02x}", text, sum & 0xff);
  ::send(connection_, packet.data(), packet.size(), MSG_NOSIGNAL);  // a peer that is gone shows at receive()
}

bool GdbServer::interrupted() {
  if (!is_attached()) return false;
  char c = 0;
  const ssize_t received = ::recv(connection_, &c, 1, MSG_DONTWAIT);
  if (received == 0) detached_ = true;  // the peer is gone
  return received == 1 && c == kInterrupt;
}

Debugger::Resume GdbServer::halted(DebugTarget& target) {
  if (detached_) return Resume::kContinue;
  if (connection_ < 0) accept_connection();
  if (resumed_) send(kStopped);
  resumed_ = false;
  while (true) {
    const std::optional<std::string> received = receive();
    const std::string packet = received.value_or("");
    if (!received || packet[0] == 'D' || packet[0] == 'k') {
      if (received) send("OK");
      detached_ = true;
      return Resume::kContinue;
    }
    if (packet[0] == 'c' || packet[0] == 's') {
      resumed_ = true;
      return packet[0] == 'c' ? Resume::kContinue : Resume::kStep;
    }
    send(packet.empty() ? "" : answer(packet, target));
  }
}

std::string GdbServer::answer(const std::string& packet, DebugTarget& target) {
  const std::string rest = packet.substr(1);
  const std::vector<std::uint64_t> n = numbers(rest.substr(0, rest.find(':')));
  constexpr std::uint64_t kMost = 0x1000;
  switch (packet[0]) {
    case '?':
      return kStopped;
    case 'g': {
      std::string all;
      for (unsigned i = 0; i < kRegisters; ++i) all += hex(target.debug_register(i));
      return all;
    }
    case 'G':
      for (unsigned i = 0; i < kRegisters && rest.size() >= 16 * (i + 1); ++i)
        target.set_debug_register(i, value_of(rest.substr(std::size_t{16} * i, 16)));
      return "OK";
    case 'p':
      return n.size() == 1 && n[0] < kRegisters ? hex(target.debug_register(static_cast<unsigned>(n[0])))
                                                : "E01";
    case 'P':
      if (n.empty() || n[0] >= kRegisters) return "E01";
      target.set_debug_register(static_cast<unsigned>(n[0]), value_of(rest.substr(rest.find('=') + 1)));
      return "OK";
    case 'm': {
      if (n.size() != 2 || n[1] > kMost) return "E01";
      const std::vector<std::uint8_t> bytes = target.debug_read(n[0], n[1]);
      return bytes.empty() ? "E01" : hex(bytes.data(), bytes.size());
    }
    case 'M':
      return n.size() == 2 && target.debug_write(n[0], bytes_of(rest.substr(rest.find(':') + 1))) ? "OK"
                                                                                                  : "E01";
    case 'Z':
    case 'z':
      if (n.size() != 3 || n[0] > 1) return {};  // of software or hardware: the same here
      target.set_breakpoint(n[1], packet[0] == 'Z');
      return "OK";
    case 'q':
      if (packet.rfind("qSupported", 0) == 0) return "PacketSize=2000;qXfer:features:read+";
      if (packet.rfind("qXfer:features:read:target.xml", 0) == 0) return std::string("l") + kDescription;
      if (packet == "qAttached") return "1";
      return {};
    case 'H':
      return "OK";
    default:
      return {};  // not supported
  }
}

}  // namespace bitbalance::cpu
