#include "start/gate.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/files.h"
#include "start/protocol.h"

namespace husk::starting {
namespace {

std::string path_of(const std::string& directory) {
  return directory + "/exec.fifo";
}

constexpr size_t kMaxPage = 65536;
constexpr char kFilling = '\n';

// Somebody else may hold init's end open: who was added to the container before its start and could open it in /proc.
// Then it is init's name that tells (see main.cpp): execve gives it another one.
bool is_program(pid_t init) {
  const Result<std::string> name = host::read_file(cat("/proc/", init, "/comm"), 64);
  return !name.ok() || *name != "husk-init\n";
}

// Reads until `fd` is closed by init or has an error of it. `early`: the beginning, which came with the byte.
Status read_answer(int fd, std::string_view early, pid_t init, const std::string& fifo) {
  alignas(Frame) char text[sizeof(Frame)];
  size_t have = early.copy(text, sizeof text);
  // Asked before it is waited for: poll(2) does not know the end of a fifo whose last writer had gone before we opened
  // it.
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return fail(errno, "read ", fifo);
  for (;;) {
    if (have < sizeof text) {
      const ssize_t n = read(fd, text + have, sizeof text - have);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        struct pollfd end = {fd, POLLIN, 0};
        constexpr int kWhile = 100;  // ms
        if (poll(&end, 1, kWhile) == 0 && init > 0 && is_program(init)) return {};
        continue;
      }
      if (n < 0) return fail(errno, "read ", fifo);
      if (n == 0) return {};  // execve has closed it, or the process has ended
      have += static_cast<size_t>(n);
      continue;
    }
    Frame frame;
    std::memcpy(&frame, text, sizeof frame);
    frame.what[sizeof frame.what - 1] = frame.path[sizeof frame.path - 1] = '\0';
    if (frame.magic != kMagic || frame.kind != Kind::error || frame.what[0] == '\0') return fail(EPROTO, "read ", fifo);
    if (frame.whole != 0) return Error{frame.what, frame.err, {}, 1, true};
    return fail(frame.err, "init process: ", frame.what, frame.path[0] != '\0' ? " " : "", frame.path);
  }
}

// The filling first: however much the pipe took. Then one byte, which init writes once it may; and, when it was quicker
// than we, what it has to say after that: the result.
Result<std::string> pass(int fd, const std::string& fifo) {
  char text[4096];
  for (;;) {
    const ssize_t n = read(fd, text, sizeof text);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno, "read ", fifo);
    if (n == 0) return std::string();  // passed already: whoever let it through was killed before it could say so here
    const std::string_view piece(text, static_cast<size_t>(n));
    if (const size_t byte = piece.find_first_not_of(kFilling); byte != piece.npos)
      return std::string(piece.substr(byte + 1));
  }
}

}  // namespace

Gate gate_state(const std::string& directory) {
  struct stat st = {};
  if (stat(path_of(directory).c_str(), &st) < 0) return Gate::none;
  if ((st.st_mode & S_ISVTX) != 0) return Gate::building;
  // Left by a start that was killed: nobody waits at it any more.
  const sys::Fd end(open(path_of(directory).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  return !end && errno == ENXIO ? Gate::none : Gate::shut;
}

Result<sys::Fd> make_gate(const std::string& directory) {
  const std::string path = path_of(directory);
  if (mkfifo(path.c_str(), 0600) < 0) return fail(errno, "make ", path);
  sys::Fd fd(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail(errno, "open ", path);
  if (fchmod(fd.get(), 0600 | S_ISVTX) < 0) return fail(errno, "mark ", path);
  // One page is the least; the kernel tells how much that is.
  const int size = fcntl(fd.get(), F_SETPIPE_SZ, 4096);
  if (size <= 0 || static_cast<size_t>(size) > kMaxPage) return fail(size < 0 ? errno : ENOBUFS, "size ", path);
  const std::string filling(static_cast<size_t>(size), kFilling);
  if (write(fd.get(), filling.data(), filling.size()) != size) return fail(errno, "fill ", path);
  return fd;
}

Status gate_built(const sys::Fd& gate) {
  if (fchmod(gate.get(), 0600) < 0) return fail(errno, "mark exec.fifo");
  return {};
}

Status open_gate(const std::string& directory, pid_t init) {
  const std::string path = path_of(directory);
  const sys::Fd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail(errno, "open ", path);
  // Opened without waiting: when nobody holds the other end, there is nobody to wait for.
  if (fcntl(fd.get(), F_SETFL, 0) < 0) return fail(errno, "open ", path);
  HUSK_LET(const std::string early, pass(fd.get(), path));
  (void)unlink(path.c_str());
  return read_answer(fd.get(), early, init, path);
}

}  // namespace husk::starting
