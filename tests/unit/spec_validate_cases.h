// Each case takes a Spec that is in order, spoils it, and names the one problem that must come of it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "spec/parse.h"
#include "spec/validate.h"
#include "spec_test_files.h"

namespace husk::spec {

inline Spec good() {
  Result<Spec> spec = parse(test::data_file("spec/good/full.json"));
  EXPECT_TRUE(spec) << spec.error().what;
  return *std::move(spec);
}

inline std::string text_of(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& p : problems) out += p.pointer + ": " + p.message + "\n";
  return out;
}

inline void drop(Spec& s, NsType type) {
  std::erase_if(s.lx.namespaces, [type](const Namespace& n) { return n.type == type; });
}

struct Case {
  void (*spoil)(Spec&);
  const char* problem;  // how the only line starts; "" if there is to be none
};

inline void run(std::initializer_list<Case> cases) {
  int number = 0;
  for (const Case& c : cases) {
    Spec spec = good();
    c.spoil(spec);
    const std::vector<Problem> found = check_all(spec);
    const std::string text = text_of(found);
    if (*c.problem == '\0') {
      EXPECT_EQ(text, "") << "case " << number;
    } else {
      EXPECT_EQ(found.size(), 1U) << "case " << number << "\n" << text;
      EXPECT_EQ(text.substr(0, std::string_view(c.problem).size()), c.problem) << "case " << number;
    }
    ++number;
  }
}

}  // namespace husk::spec
