// A JSON text as a tree that knows where everything in it is.
//
// Three decisions make this file:
// - The tree is one flat array in the order of the text. A node holds the index of what comes after its subtree, so
//   walking the members of an object is a jump from one to the next, and building the tree is one growing vector.
// - Strings are unescaped in a private copy of the text and nodes point into it: a 30 KB configuration costs two
//   allocations and a few reallocations, not one per value.
// - No node stores its path. The JSON pointer of a node is found again from the root when an error needs it.
//
// Numbers stay text, so that a message can show what the file says and 2^64-1 is not rounded by a double.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace husk::json {

enum class Kind : uint8_t { null, boolean, number, string, array, object };

// "an object", "a string": for messages.
[[nodiscard]] std::string_view kind_name(Kind kind);

// `text` in double quotes, with control characters escaped or replaced and long texts cut: fit for a terminal.
[[nodiscard]] std::string shown(std::string_view text);

// A JSON pointer for a message: "the document" for the empty one, what a terminal should not get replaced.
[[nodiscard]] std::string place(std::string_view pointer);

inline constexpr size_t kMaxBytes = size_t{16} << 20;

struct Limits {
  size_t bytes = kMaxBytes;
  size_t values = size_t{1} << 20;  // objects, arrays and all that is in them
  int depth = 64;                   // objects and arrays within one another
};

class Value;

class Document {
 public:
  // Refused, with line and column: what is not JSON (RFC 8259) in UTF-8, and what is above the limits. Refused, with
  // the JSON pointer: an object with two equal keys.
  static Result<Document> parse(std::string_view text, const Limits& limits = {});

  [[nodiscard]] Value root() const;

 private:
  friend class Value;
  friend class Builder;
  struct Node {
    std::string_view key;   // empty in arrays
    std::string_view text;  // of strings and numbers; "true" or "false"
    uint32_t next = 0;      // index of the first node that is not inside this one
    Kind kind = Kind::null;
  };

  [[nodiscard]] std::optional<Error> find_duplicate_key() const;

  std::unique_ptr<char[]> buffer_;
  std::vector<Node> nodes_;
};

// A place in a Document, which must outlive it.
class Value {
 public:
  [[nodiscard]] Kind kind() const { return node().kind; }
  [[nodiscard]] std::string_view key() const { return node().key; }
  [[nodiscard]] std::string_view text() const {
    return node().text;
  }  // of strings (unescaped) and numbers (as written)
  [[nodiscard]] bool truth() const { return node().text.size() == 4; }

  // RFC 6901: "/linux/namespaces/2/type", "" for the whole document.
  [[nodiscard]] std::string pointer() const;

  // The member of an object, if it is there.
  [[nodiscard]] std::optional<Value> member(std::string_view name) const;
  // The last one whose name is the same but for the case of its (ASCII) letters.
  [[nodiscard]] std::optional<Value> member_any_case(std::string_view name) const;
  [[nodiscard]] bool has_key_in_any_case(std::string_view name) const;

  // for (Value v : value.children()): members of an object, elements of an array.
  class Iterator {
   public:
    Iterator(const Document* doc, uint32_t index) : doc_(doc), index_(index) {}
    Value operator*() const { return Value(doc_, index_); }
    Iterator& operator++() {
      index_ = doc_->nodes_[index_].next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Document* doc_;
    uint32_t index_;
  };
  struct Children {
    Iterator first, last;
    [[nodiscard]] Iterator begin() const { return first; }
    [[nodiscard]] Iterator end() const { return last; }
  };
  [[nodiscard]] Children children() const { return {Iterator(doc_, index_ + 1), Iterator(doc_, node().next)}; }

 private:
  friend class Document;
  Value(const Document* doc, uint32_t index) : doc_(doc), index_(index) {}
  [[nodiscard]] const Document::Node& node() const { return doc_->nodes_[index_]; }

  const Document* doc_;
  uint32_t index_;
};

// Appends "/token" with '~' and '/' escaped as RFC 6901 has it.
void append_token(std::string& pointer, std::string_view token);

}  // namespace husk::json
