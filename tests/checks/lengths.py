#!/usr/bin/env python3
"""lengths.py: files stay below 400 lines, functions at 60 or below."""
import pathlib
import re
import sys

MAX_FILE = 400
MAX_FUNCTION = 60
FOLDERS = ["src", "cli", "include", "bench", "tests"]
CODE = {".cpp", ".h", ".c", ".S", ".s"}
SCRIPT = {".sh", ".bash", ".bats", ".py"}

top = pathlib.Path(__file__).resolve().parents[2]
faults = []


def blank_out(text):
    """The same text with comments, strings and characters replaced by blanks, so that only real braces are left."""
    pattern = re.compile(
        r'R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def function_lengths(text):
    """Yields (first line, lines) of every function: a brace block whose head ends in a parameter list."""
    stack = []
    head_start = 0
    for i, char in enumerate(text):
        if char == "{":
            head = text[head_start:i].strip()
            inside_function = any(is_function for _, is_function in stack)
            is_function = not inside_function and looks_like_function(head)
            start = text.count("\n", 0, i) + 1
            stack.append((start, is_function))
            head_start = i + 1
        elif char == "}" and stack:
            start, is_function = stack.pop()
            end = text.count("\n", 0, i) + 1
            if is_function:
                yield start, end - start + 1
            head_start = i + 1
        elif char == ";":
            head_start = i + 1


def looks_like_function(head):
    if not head or re.match(r"(namespace|struct|class|enum|union|extern)\b", head) or head.endswith("="):
        return False
    if re.search(r"\)\s*(const|noexcept|override|final|&&?|->[^{]*|\s)*$", head) is None and not re.search(r"\)\s*:\s", head):
        return False
    return "(" in head and not re.search(r"=\s*$", head)


def check(path):
    text = path.read_text(errors="replace")
    lines = text.splitlines()
    name = path.relative_to(top)
    if len(lines) >= MAX_FILE:
        faults.append(f"{name}: {len(lines)} lines")
    if path.suffix not in CODE:
        return
    for start, length in function_lengths(blank_out(text)):
        if length > MAX_FUNCTION:
            faults.append(f"{name}:{start}: a function of {length} lines")


for folder in FOLDERS:
    for path in sorted((top / folder).rglob("*")):
        if path.is_file() and path.suffix in CODE | SCRIPT and "data" not in path.parts:
            check(path)
if faults:
    print("\n".join(faults))
    sys.exit(1)
print(f"lengths: files below {MAX_FILE} lines, functions up to {MAX_FUNCTION}")
