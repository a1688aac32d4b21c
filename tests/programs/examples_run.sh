#!/usr/bin/env bash
# examples_run.sh FOLDER: the three small examples run and show what they promise.
set -euo pipefail
bin=$1

# expect TEXT PATTERN: a line of the text matches.
expect() {
  grep -qE "$2" <<<"$1" || { printf 'no line matches "%s" in:\n%s\n' "$2" "$1"; exit 1; }
}

# f = tanh(a b + sin(a)) at a = 0.5, b = -1.5: f = tanh(-0.75 + 0.479426), df/da = (1 - f^2)(b + cos a),
# df/db = (1 - f^2) a, d2f/da2 = -2 f (1 - f^2)(b + cos a)^2 - (1 - f^2) sin a.
out=$("$bin/scalar_autodiff")
expect "$out" '└─ t = -0.2706  \(add\)'
expect "$out" '^  a +input +0.500000 +-0.578985$'
expect "$out" '^  b +input +-1.500000 +0.465110$'
expect "$out" '^  df/da +-0.578985 '
expect "$out" '^  d2f/da2 +-0.25558 '

out=$("$bin/spiral")
expect "$out" '^accuracy (9[5-9]|100)\.[0-9] % on new points'

out=$("$bin/custom_operation")  # its exit code says whether the checks came out as they should
expect "$out" '^gradient +\[-1\. , -0\.5,  0\. ,  0\.5,  1\. \]'
expect "$out" '^huber: gradgradcheck passed'
expect "$out" '^huber_wrong: gradcheck failed'

"$bin/errata" > /dev/null  # its exit code says whether every verdict is as it was found
out=$("$bin/attention_zoo" --tasks reverse --max-length 4 --train 640 --test 20 --epochs 1 --kinds additive "transformer, rotary" --page "$bin/zoo_test.html" 2> /dev/null)
expect "$out" "^additive +[0-9]+\.[0-9]% "
expect "$(cat "$bin/zoo_test.html")" "<svg "
rm "$bin/zoo_test.html"
