#!/usr/bin/env bash
# gradus as its users meet it: a valid file, and every way to fail.
program=$1
. "$(dirname "$0")/common.sh"

header='{"weight":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}} '
printf "\\x$(printf %02x ${#header})\\0\\0\\0\\0\\0\\0\\0%s\\x80\\x3f\\x00\\x40" "$header" > good
"$program" inspect good > out 2> err || fail "a good file: $(cat err)"
[ -s err ] && fail "a good file, and yet: $(cat err)"
grep -qE '^weight +BF16 +\(2,\) +1 +2 +1\.5 +0 +0$' out || fail "the row of weight: $(cat out)"

head -c 20 good > cut
{ cat good; printf x; } > longer
mkfifo pipe
echo text > other
: > empty
expect_error "'cut'" inspect cut
expect_error "end at byte 4 of 5" inspect longer
expect_error "no regular file" inspect pipe
expect_error "no regular file" inspect .
expect_error "no regular file" inspect /dev/zero
expect_error "no safetensors, npy or npz file" inspect other
expect_error "its 0 bytes" inspect empty
expect_error "No such file" inspect absent
expect_error "required" inspect
expect_error "subcommand" --
"$program" --help > out && grep -q inspect out || fail "--help"

# Standard output that takes nothing.
"$program" inspect good > /dev/full 2> err && fail "a full disk passes unseen"
grep -q "standard output" err || fail "a full disk is not named: $(cat err)"
"$program" inspect good >&- 2> err && fail "a closed standard output passes unseen"
grep -q "standard output" err || fail "a closed standard output is not named: $(cat err)"
"$program" --help > /dev/full 2> err && fail "--help on a full disk passes unseen"
finish "all command lines behave"
