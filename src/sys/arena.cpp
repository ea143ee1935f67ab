#include "base/arena.h"

#include <sys/mman.h>

#include "sys/raw.h"

namespace husk {

void* Arena::take(size_t size, size_t align) {
  size_t at = (at_ + align - 1) & ~(align - 1);
  if (chunk_ == nullptr || size > end_ || at > end_ - size) {
    constexpr size_t kChunk = 32768;
    size_t want = (size + align + sizeof(Chunk) + kChunk - 1) / kChunk * kChunk;
    long mem = size > (1UL << 40)
                   ? -1
                   : sys::call(SYS_mmap, 0, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mem < 0 && mem > -4096) __builtin_trap();
    auto* chunk = reinterpret_cast<Chunk*>(mem);
    chunk->next = chunk_;
    chunk->size = want;
    chunk_ = chunk;
    at_ = reinterpret_cast<size_t>(chunk) + sizeof(Chunk);
    end_ = reinterpret_cast<size_t>(chunk) + want;
    at = (at_ + align - 1) & ~(align - 1);
  }
  at_ = at + size;
  return reinterpret_cast<void*>(at);
}

void Arena::clear() {
  while (chunk_ != nullptr) {
    Chunk* next = chunk_->next;
    (void)sys::call(SYS_munmap, chunk_, chunk_->size);
    chunk_ = next;
  }
  at_ = end_ = 0;
}

}  // namespace husk
