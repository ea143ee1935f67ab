# How the line of a test is read.
value=changed

  @test   "passes: blanks"   { [ "$BATS_TEST_DESCRIPTION" = 'passes: blanks' ]; }
@test 'passes: single quotes' { [ "$BATS_TEST_DESCRIPTION" = 'passes: single quotes' ]; }
@test "passes: \"quotes\" in it" { [ "$BATS_TEST_DESCRIPTION" = 'passes: "quotes" in it' ]; }
@test "passes: a \$dollar" { [ "$BATS_TEST_DESCRIPTION" = 'passes: a $dollar' ]; }
@test "passes: a value is $value" { [ "$BATS_TEST_DESCRIPTION" = 'passes: a value is changed' ]; }
@test "passes: [brackets] (and) {braces} * ? ; & | < >" { [ "${BATS_TEST_DESCRIPTION: -3}" = '< >' ]; }
@test "passes: a brace { in it" { [ "$BATS_TEST_DESCRIPTION" = 'passes: a brace { in it' ]; }
@test "passes: äöü – 日本" { [ "$BATS_TEST_DESCRIPTION" = 'passes: äöü – 日本' ]; }
@test passes: {
  [ "$BATS_TEST_DESCRIPTION" = passes: ]
}
@test "fails: on one line" { false; }
@test "fails: the body begins on the line" { false
  true
}
@test "passes: it's there" { [ "${BATS_TEST_DESCRIPTION##* }" = there ]; }
