// GDB's remote serial protocol on a TCP port of this machine: registers, memory, breakpoints, steps,
// interruption.
#pragma once

#include <optional>
#include <string>

#include "tlm/platform/cpu/debugger.h"

namespace bitbalance::cpu {

class GdbServer : public Debugger {
 public:
  /// Listens on 127.0.0.1; 0: a free port. Throws std::runtime_error when the port is taken.
  explicit GdbServer(int port);
  ~GdbServer() override;
  GdbServer(const GdbServer&) = delete;
  GdbServer& operator=(const GdbServer&) = delete;

  int port() const { return port_; }

  Resume halted(DebugTarget& target) override;
  bool interrupted() override;
  bool is_attached() const override { return connection_ >= 0 && !detached_; }

 private:
  void accept_connection();
  /// The next packet's text; empty: the connection is gone.
  std::optional<std::string> receive();
  void send(const std::string& text);
  bool next(char& c);
  std::string answer(const std::string& packet, DebugTarget& target);

  int listener_ = -1;
  int connection_ = -1;  ///< -1: nobody is there
  int port_ = 0;
  bool detached_ = false;  ///< the hart runs on without a debugger
  bool resumed_ = false;   ///< GDB awaits why the hart stopped
};

}  // namespace bitbalance::cpu
