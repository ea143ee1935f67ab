setup_file() { exit 0; }
@test "after a setup_file that exits" { true; }
