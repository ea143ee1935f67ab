load no_such_file
@test "after a load of nothing" { true; }
