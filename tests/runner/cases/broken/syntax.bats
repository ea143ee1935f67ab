@test "before an if without end" { true; }
if true; then
