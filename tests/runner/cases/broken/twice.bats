@test "the same name" { true; }
@test "the same name" { true; }
