// The read() of every struct of types.h: json::In finds them by the type of what is read into.
#pragma once

#include "json/in.h"
#include "spec/types.h"

namespace husk::spec {

// parse.cpp
void read(const json::In& in, Root& out);
void read(const json::In& in, IdMapping& out);
void read(const json::In& in, Mount& out);
void read(const json::In& in, Hook& out);
void read(const json::In& in, Hooks& out);
void read(const json::In& in, Spec& out);

// parse_process.cpp
void read(const json::In& in, Box& out);
void read(const json::In& in, User& out);
void read(const json::In& in, Capabilities& out);
void read(const json::In& in, Rlimit& out);
void read(const json::In& in, IoPriority& out);
void read(const json::In& in, Scheduler& out);
void read(const json::In& in, ExecCpuAffinity& out);
void read(const json::In& in, Process& out);

// parse_linux.cpp
void read(const json::In& in, Namespace& out);
void read(const json::In& in, TimeOffset& out);
void read(const json::In& in, TimeOffsets& out);
void read(const json::In& in, Device& out);
void read(const json::In& in, std::vector<NetDevice>& out);
void read(const json::In& in, SeccompArg& out);
void read(const json::In& in, SeccompRule& out);
void read(const json::In& in, Seccomp& out);
void read(const json::In& in, IntelRdt& out);
void read(const json::In& in, MemoryPolicy& out);
void read(const json::In& in, Linux& out);

// parse_resources.cpp
void read(const json::In& in, DeviceRule& out);
void read(const json::In& in, Memory& out);
void read(const json::In& in, Cpu& out);
void read(const json::In& in, WeightDevice& out);
void read(const json::In& in, ThrottleDevice& out);
void read(const json::In& in, BlockIo& out);
void read(const json::In& in, HugepageLimit& out);
void read(const json::In& in, InterfacePriority& out);
void read(const json::In& in, NetworkResources& out);
void read(const json::In& in, std::vector<Rdma>& out);
void read(const json::In& in, Resources& out);

}  // namespace husk::spec
