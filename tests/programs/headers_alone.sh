#!/usr/bin/env bash
# headers_alone.sh COMPILER INCLUDE HEADER...: every header, as <gradus/HEADER>, compiles by itself without a warning.
set -euo pipefail
export compiler=$1 include=$2
shift 2
check() {
  echo "#include <gradus/$1>" |
    "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -I "$include" -x c++ - ||
    { echo "not by itself: $1"; return 1; }
}
export -f check
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' bash -c 'check {}'
echo "$# headers"
