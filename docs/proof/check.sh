#!/usr/bin/env bash
# Checks the proofs of this folder from nothing: compiles every file, asks Coq on which axioms each statement rests (none is
# allowed), and has the files checked once more by Coq's independent checker. Needs coqc 8.16 (Debian: apt-get install coq) and
# takes about half a minute. `check.sh library` has the checker look through Coq's standard library too: three minutes.
set -euo pipefail
cd "$(dirname "$0")"

command -v coqc >/dev/null || { echo 'coqc was not found: apt-get install coq' >&2; exit 1; }
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cp ./*.v "$build"
cd "$build"

# A word for the reader first; what counts is what Coq says below.
if grep -nwE 'Admitted|admit|give_up|Axiom|Axioms|Parameter|Parameters|Conjecture|Unset' ./*.v; then
  echo 'the lines above leave something unproved' >&2
  exit 1
fi

for file in $(coqdep -Q . Sessionize -sort ./*.v); do
  echo "coqc ${file#./}"
  coqc -q -Q . Sessionize "$file"
done

# Every statement of every file, by its full name.
modules=$(ls ./*.v | sed 's|^\./||; s|\.v$||')
statements=$(for module in $modules; do
  sed -nE "s/^(Theorem|Corollary|Lemma) ([A-Za-z0-9_']+).*/$module.\2/p" "$module.v"
done)
count=$(wc -w <<<"$statements")
[ "$count" -ge 100 ] || { echo "only $count statements were found" >&2; exit 1; }
# All of them in one term, since Coq then looks through what they share once.
{
  for module in $modules; do echo "Require Sessionize.$module."; done
  echo 'Definition everything := ('
  for statement in $statements; do echo "  @Sessionize.$statement,"; done
  echo '  tt).'
  echo 'Print Assumptions everything.'
} >assumptions.v
coqc -q -Q . Sessionize assumptions.v >assumptions.txt
if [ "$(cat assumptions.txt)" != 'Closed under the global context' ]; then
  cat assumptions.txt >&2
  exit 1
fi

# Coq's independent checker, over these files alone or over the standard library too.
checked=()
for module in $modules; do
  [ "${1:-}" = library ] || checked+=(-norec)
  checked+=("Sessionize.$module")
done
coqchk -silent -o -Q . Sessionize "${checked[@]}" >checker.txt 2>&1 || { cat checker.txt >&2; exit 1; }
if grep -q 'Sessionize' checker.txt; then
  echo 'the independent checker names something of these files that it had to assume:' >&2
  cat checker.txt >&2
  exit 1
fi

echo "$count statements proved, none rests on an axiom: Closed under the global context"
