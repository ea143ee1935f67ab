#include "start/words.h"

#include <cerrno>
#include <string_view>

namespace husk::starting {
namespace {

constexpr Words kWords[] = {
    {Kind::maps_please, "wait for a message: maps_please", "write the id maps, send maps_done"},
    {Kind::init_pid, "wait for a message: init_pid", "learn init's pid"},
    {Kind::network_please, "wait for a message: network_please", "set up the network, send network_done"},
    {Kind::source_please, "wait for a message: source_please", "fetch a mount's source, send source"},
    {Kind::hooks_please, "wait for a message: hooks_please", "run hooks, send state"},
    {Kind::console, "wait for a message: console", "take the terminal"},
    {Kind::ready, "wait for a message: ready", "last limits, send run"},
    {Kind::listener, "wait for a message: listener", "ask the agent, send listener_given"},
    {Kind::error, "wait for a message: error", "read the error"},
    {Kind::none, "wait until execve closes the socket", "answer"},
};

}  // namespace

const Words& words_for(Kind kind) {
  const Words* w = kWords;
  while (w->kind != kind && w->kind != Kind::none) ++w;
  return *w;
}

// The kernel's number alone misleads about a file that was found a moment before.
const char* why_no_program(const Frame& frame) {
  if (!std::string_view(frame.what).starts_with("exec ")) return "";
  if (frame.err == ENOENT)
    return "the file is there, but not the interpreter that its first line (#!) names, or the dynamic loader it wants";
  if (frame.err == ENOEXEC) return "it is no program for this machine, nor does a first line (#!) name its interpreter";
  if (frame.err == EACCES) return "it or its interpreter is not executable, or lies on a mount with noexec";
  return "";
}

}  // namespace husk::starting
