// A container that an ordinary user makes without asking for a user namespace gets one: nothing else would let it have
// any namespace at all.
#pragma once

#include <vector>

#include "host/facts.h"
#include "host/subid.h"
#include "spec/types.h"
#include "store/store.h"

namespace husk::life {

// Root is the caller; the ids from 1 on are those of his ranges in /etc/subuid and /etc/subgid, one after the other.
// Pure.
[[nodiscard]] std::vector<spec::IdMapping> maps_of(uint32_t self, const std::vector<host::IdRange>& ranges);

// The maps for the caller: with his ranges where both kinds are there and the helpers that write such maps, else with
// himself alone.
struct OwnMaps {
  std::vector<spec::IdMapping> uids, gids;
};
[[nodiscard]] OwnMaps own_maps(uint32_t uid, uint32_t gid);

// The user namespace, and what follows from it for mounts: no option names an id that is not there, and /sys is the
// host's where the network is. Pure.
void add_user_namespace(const OwnMaps& maps, spec::Spec& spec);

// Both, where the configuration has no user namespace; what was added is put down in the state, for exec.
void give_user_namespace(const host::Facts& facts, spec::Spec& spec, store::State& state);

}  // namespace husk::life
