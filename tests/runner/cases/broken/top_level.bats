false
@test "after a failure at the top level" { true; }
