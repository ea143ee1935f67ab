@test "a function on the line of the test" { f() { true; }; f; }
