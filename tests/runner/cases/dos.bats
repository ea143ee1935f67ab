@test "passes: lines of DOS" {
  true
}
@test "fails: lines of DOS" {
  false
  true
}
