// LeakSanitizer's exceptions: libseccomp drops a few bytes of rules that it finds to be the same as others.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {
  return "leak:zmalloc\n";
}
