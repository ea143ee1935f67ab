exit 0
@test "after an exit at the top level" { true; }
