#include "testbench/run/process/process_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

namespace bitbalance::runner {
namespace {

constexpr int kTickMilliseconds = 100;

/// What precedes a message in the pipe.
struct Header {
  std::uint32_t bytes = 0;
  std::uint32_t is_failure = 0;  ///< the text of an exception
};

void write_all(int pipe, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(pipe, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);  // nobody listens
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

void send_message(int pipe, const std::string& text, bool is_failure) {
  const Header header{static_cast<std::uint32_t>(text.size()), is_failure ? 1U : 0U};
  std::string message(reinterpret_cast<const char*>(&header), sizeof header);
  message += text;
  write_all(pipe, message.data(), message.size());
}

/// Ends with the parent, which alone decides what Ctrl-C and its kin mean.
void follow(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
}

}  // namespace

ProcessPool::ProcessPool(int count, const std::function<void(int worker, const Send& send)>& body)
    : workers_(static_cast<std::size_t>(count)) {
  try {
    for (int worker = 0; worker < count; ++worker) start(worker, body);
  } catch (...) {
    kill_all();
    throw;
  }
}

ProcessPool::~ProcessPool() {
  kill_all();
}

void ProcessPool::kill_all() {
  for (const Worker& worker : workers_) {
    if (worker.pipe < 0) continue;
    ::kill(worker.process, SIGKILL);
    ::waitpid(worker.process, nullptr, 0);
    ::close(worker.pipe);
  }
}

void ProcessPool::start(int worker, const std::function<void(int worker, const Send& send)>& body) {
  std::array<int, 2> ends{};
  const auto fail = [&](const char* what) {
    throw std::runtime_error(fmt::format("{} for worker {} of {}: {}", what, worker + 1, workers_.size(),
                                         std::generic_category().message(errno)));
  };
  if (::pipe(ends.data()) != 0) fail("no pipe");
  std::fflush(nullptr);  // or both processes would write it
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    for (const int end : ends) ::close(end);
    fail("no process");
  }
  if (child == 0) {
    follow(parent);
    const int pipe = ends[1];
    int code = 0;
    try {
      body(worker, [pipe](const std::string& message) { send_message(pipe, message, false); });
    } catch (const std::exception& error) {
      send_message(pipe, error.what(), true);
      code = 1;
    }
    ::_exit(code);  // without the parent's exit handlers
  }
  ::close(ends[1]);
  workers_[worker] = {child, ends[0], {}};
}

void ProcessPool::gather(const std::function<void(int worker, const std::string& message)>& receive,
                         const std::function<void()>& tick) {
  std::vector<pollfd> pipes(workers_.size());
  const auto runs = [](const Worker& worker) { return worker.pipe >= 0; };
  while (std::any_of(workers_.begin(), workers_.end(), runs)) {
    for (std::size_t i = 0; i < pipes.size(); ++i) pipes[i] = {workers_[i].pipe, POLLIN, 0};
    int ready = 0;
    do {
      ready = ::poll(pipes.data(), pipes.size(), kTickMilliseconds);
    } while (ready < 0 && errno == EINTR);
    for (std::size_t i = 0; ready > 0 && i < pipes.size(); ++i)
      if (pipes[i].revents != 0) read_from(static_cast<int>(i), receive);
    tick();  // which may end it: what has been sent is received by now
  }
}

void ProcessPool::read_from(int worker,
                            const std::function<void(int worker, const std::string& message)>& receive) {
  Worker& from = workers_[worker];
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(from.pipe, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) return end(worker);
  from.received.append(buffer.data(), static_cast<std::size_t>(count));
  Header header;
  while (from.received.size() >= sizeof header) {
    std::memcpy(&header, from.received.data(), sizeof header);
    if (from.received.size() < sizeof header + header.bytes) return;
    const std::string message = from.received.substr(sizeof header, header.bytes);
    from.received.erase(0, sizeof header + header.bytes);
    if (header.is_failure != 0) throw WorkerFailure(worker, message);
    receive(worker, message);
  }
}

void ProcessPool::end(int worker) {
  Worker& ended = workers_[worker];
  int status = 0;
  ::waitpid(ended.process, &status, 0);
  ::close(ended.pipe);
  ended.pipe = -1;
  if (WIFSIGNALED(status)) {
    throw WorkerFailure(
        worker, fmt::format("died of signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status))));
  }
  if (WEXITSTATUS(status) != 0)
    throw WorkerFailure(worker, fmt::format("ended with exit code {}", WEXITSTATUS(status)));
}

}  // namespace bitbalance::runner
