# What is around a test. The description says what setup and teardown are to do.

setup_file() {
  export FROM_SETUP_FILE=word
  hidden=word
}
setup() {
  [[ $BATS_TEST_DESCRIPTION != *'setup fails'* ]]
  if [[ $BATS_TEST_DESCRIPTION == *'setup skips'* ]]; then skip "in setup"; fi
  prepared=1
}
teardown() {
  case $BATS_TEST_DESCRIPTION in
    *'teardown fails'*) false ;;
    *'teardown exits 0'*) exit 0 ;;
    *'teardown exits 1'*) exit 1 ;;
    *'teardown returns'*) return 1 ;;
    *'teardown skips'*) skip ;;
    *'teardown goes on'*) false ;;&
    *) true ;;
  esac
}

@test "passes: setup was there" { [ "$prepared" = 1 ]; }
@test "passes: what setup_file exports" { [ "$FROM_SETUP_FILE" = word ]; }
@test "passes: what setup_file does not" { [ -z "${hidden:-}" ]; }
@test "fails: setup fails" { true; }
@test "skipped: setup skips" { false; }
@test "fails: teardown fails" { true; }
@test "fails: teardown exits 0" { true; }
@test "fails: teardown exits 1" { true; }
@test "fails: teardown returns" { true; }
@test "passes: teardown goes on" { true; }
@test "passes: teardown skips" { true; }
@test "fails: teardown skips after a failure" { false; }
@test "fails: skip, and teardown fails" { skip; }
@test "fails: a failure, and a teardown" { false; }
@test "fails: setup fails, and teardown skips" { true; }
