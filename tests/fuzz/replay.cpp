// Runs a fuzzer's entry over files, or over all files of directories, without libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

bool run(const std::filesystem::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "rbe"), fclose);
  if (!file) return false;
  std::vector<uint8_t> bytes;
  for (int c = 0; (c = fgetc(file.get())) != EOF;) bytes.push_back(static_cast<uint8_t>(c));
  // Exactly as long as it is, so that AddressSanitizer sees a read behind the end.
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[bytes.size()]);
  for (size_t i = 0; i < bytes.size(); ++i) exact[i] = bytes[i];
  fprintf(stderr, "%s\n", path.c_str());  // the last one before an abort is the one
  return LLVMFuzzerTestOneInput(exact.get(), bytes.size()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    if (!std::filesystem::is_directory(argv[i], error)) {
      if (!run(argv[i])) return 1;
      ++count;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
      if (!run(entry.path())) return 1;
      ++count;
    }
  }
  printf("%zu inputs\n", count);
  return count == 0 ? 1 : 0;  // a corpus that is not there is no pass
}
