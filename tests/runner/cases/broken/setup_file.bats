setup_file() {
  false
  true
}
@test "after a setup_file that fails" { true; }
