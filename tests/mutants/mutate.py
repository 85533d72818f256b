#!/usr/bin/env python3
"""Builds all mutants of some files into one program, and runs tests once for each.

cargo-mutants finds the mutants. It compiles the crate for each of them: half a minute of compiling for a second of tests. Here each is a
branch in one build, which the variable MUTANT of the environment switches on, so that a thousand take the time of a thousand runs of the tests.

    mutate.py plan FOLDER FILE...             lists the mutants of these files (a glob may name them), writes the mutated tree to FOLDER/tree
    mutate.py check FOLDER                    leaves out the mutants that do not compile, until the tree does
    mutate.py build FOLDER TARGET...          builds test programs: `lib` (the unit tests), or a folder of tests/ with the command
    mutate.py run FOLDER TARGET FILTER...     runs the tests of these names for each mutant that no earlier tests have caught, into
                                              FOLDER/outcomes.tsv, until one fails; goes on where it was stopped
    mutate.py sum FOLDER                      the figures by folder and by tests, and each mutant that no test has caught

The command that a test starts has the same mutant, from the environment. JOBS says how many mutants are run side by side (1), FILES (globs)
whose mutants; TMPDIR should be in memory. Needs cargo-mutants, and tree-sitter and tree-sitter-rust from PyPI. Not switched, and named by `sum`:
what must be constant, and functions whose type is not written down (`impl Iterator`).
"""
import collections
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

import tree_sitter
import tree_sitter_rust

ROOT = Path(__file__).resolve().parents[2]
ACTIVE = "crate::mutant::active()"
SWITCH = """
#[doc(hidden)]
pub mod mutant {
    pub fn active() -> u32 {
        static ACTIVE: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
        *ACTIVE.get_or_init(|| std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}
"""
# The first case of a property decides as well as its hundredth, if it is the same for each mutant.
DRAWN = {"PROPTEST_RNG_SEED": "1", "PROPTEST_CASES": "4", "RUST_BACKTRACE": "0"}
# `--fail-fast` of a test program is not stable yet.
UNTIL_ONE_FAILS = ["-Z", "unstable-options", "--fail-fast", "--test-threads=1"]
# A mutant that fills the memory in a loop ends here.
MEMORY_BYTES = 8 << 30


def listed(files):
    command = ["cargo", "mutants", "--list", "--json"]
    for file in files:
        command += ["--file", file]
    mutants = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    # A file that is declared twice, for two builds of the crate, is listed twice.
    once = {(of["file"], str(of["span"]), of["genre"], of["replacement"]): of for of in mutants}
    for mutant in mutants:
        del mutant["diff"]
    return [dict(mutant, id=number) for number, mutant in enumerate(once.values(), 1)]


class Source:
    """A file and its syntax tree."""

    def __init__(self, path):
        self.bytes = (ROOT / path).read_bytes()
        self.lines = self.bytes.split(b"\n")
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))
        self.root = parser.parse(self.bytes).root_node

    def offset(self, place):
        before = sum(len(line) + 1 for line in self.lines[: place["line"] - 1])
        line = self.lines[place["line"] - 1].decode()
        return before + len(line[: place["column"] - 1].encode())

    def text(self, node):
        return self.bytes[node.start_byte : node.end_byte].decode()


def ancestors(node):
    while node is not None:
        yield node
        node = node.parent


def place(source, mutant):
    """The node that a mutant changes, or None."""
    start, end = source.offset(mutant["span"]["start"]), source.offset(mutant["span"]["end"])
    genre = mutant["genre"]
    leaf = source.root.descendant_for_byte_range(start, end)
    kinds = {
        "FnValue": ["function_item"],
        "BinaryOperator": ["binary_expression", "compound_assignment_expr"],
        "UnaryOperator": ["unary_expression"],
        "MatchArm": ["match_arm"],
        "MatchArmGuard": ["match_pattern"],
        "StructField": ["struct_expression"],
    }.get(genre, [])
    node = next((node for node in ancestors(leaf) if node.type in kinds), None)
    if node is None:
        return None
    if any(below == above.child_by_field_name("length") for below, above in zip(ancestors(node), ancestors(node.parent))):
        return None
    outside = [above.type for above in ancestors(node.parent)]
    if any(kind in ("const_item", "static_item", "macro_invocation", "token_tree", "macro_definition") for kind in outside):
        return None
    if genre == "FnValue" and "impl " in mutant["function"]["return_type"]:
        return None
    if genre == "BinaryOperator" and any("let_" in child.type for child in node.children):
        return None
    if genre == "MatchArmGuard" and node.child_by_field_name("condition") is None:
        return None
    return node


def is_const(node):
    function = next((above for above in ancestors(node) if above.type == "function_item"), None)
    return function if function is not None and b"const" in modifiers(function) else None


def modifiers(function):
    return b" ".join(child.text for child in function.children if child.type == "function_modifiers")


class Tree:
    """The mutated text of a file."""

    def __init__(self, source, by_node, without_const):
        self.source, self.by_node, self.without_const = source, by_node, without_const

    def render(self, node):
        mutants = self.by_node.get(node.id, [])
        text = self.inner(node)
        if not mutants:
            return text
        return getattr(self, "of_" + node.type)(node, text, mutants)

    def inner(self, node):
        if not node.children:
            return self.source.text(node)
        parts, at = [], node.start_byte
        for child in node.children:
            parts.append(self.source.bytes[at : child.start_byte].decode())
            rendered = self.render(child)
            if child.type == "function_modifiers" and node.id in self.without_const:
                rendered = re.sub(r"\bconst\b", "", rendered)
            parts.append(rendered)
            at = child.end_byte
        parts.append(self.source.bytes[at : node.end_byte].decode())
        return "".join(parts)

    def choice(self, arms, text):
        arms = "".join(f"{mutant['id']}u32 => {{ /*M{mutant['id']}*/{code}/*E{mutant['id']}*/ }} " for mutant, code in arms)
        return f"(match {ACTIVE} {{ {arms}_ => {{ {text} }} }})"

    def of_binary_expression(self, node, text, mutants):
        left, right = (self.source.text(node.child_by_field_name(name)) for name in ("left", "right"))
        return self.choice([(mutant, f"{left} {mutant['replacement']} {right}") for mutant in mutants], text)

    of_compound_assignment_expr = of_binary_expression

    def of_struct_expression(self, node, text, mutants):
        arms = []
        for mutant in mutants:
            start, end = (self.source.offset(mutant["span"][name]) for name in ("start", "end"))
            before, behind = self.source.bytes[node.start_byte : start].decode(), self.source.bytes[end : node.end_byte].decode()
            arms.append((mutant, before + behind.lstrip(", ") if behind.lstrip().startswith(",") else before + behind))
        return self.choice(arms, text)

    def of_unary_expression(self, node, text, mutants):
        operand = self.source.text(node.children[-1])
        return self.choice([(mutant, operand) for mutant in mutants], text)

    def of_function_item(self, node, text, mutants):
        body = node.child_by_field_name("body")
        code = ""
        for mutant in mutants:
            value = "" if mutant["replacement"] == "()" else mutant["replacement"]
            number = mutant["id"]
            code += f" if {ACTIVE} == {number}u32 {{ /*M{number}*/return {value};/*E{number}*/ }}"
        rendered = self.render(body)
        start = text.rindex(rendered)
        return text[: start + 1] + code + text[start + 1 :]

    def of_match_arm(self, node, text, mutants):
        pattern = node.child_by_field_name("pattern")
        rendered = self.render(pattern)
        off = " && ".join(f"{ACTIVE} != {mutant['id']}u32" for mutant in mutants)
        marks = "".join(f"/*M{mutant['id']}*/" for mutant in mutants), "".join(f"/*E{mutant['id']}*/" for mutant in mutants)
        start = text.index(rendered)
        if pattern.child_by_field_name("condition") is not None:
            changed = re.sub(r"\bif\b", lambda _: f"if {marks[0]}{off}{marks[1]} &&", rendered, count=1)
        else:
            changed = f"{rendered} if {marks[0]}{off}{marks[1]}"
        return text[:start] + changed + text[start + len(rendered) :]

    def of_match_pattern(self, node, text, mutants):
        condition = node.child_by_field_name("condition")
        rendered = self.render(condition)
        guard = rendered
        for mutant in mutants:
            number, mark = mutant["id"], (f"/*M{mutant['id']}*/", f"/*E{mutant['id']}*/")
            if mutant["replacement"] == "true":
                guard = f"({mark[0]}{ACTIVE} == {number}u32{mark[1]} || ({guard}))"
            else:
                guard = f"({mark[0]}{ACTIVE} != {number}u32{mark[1]} && ({guard}))"
        start = text.rindex(rendered)
        return text[:start] + guard + text[start + len(rendered) :]


def write_tree(folder, mutants, dropped, kept_const):
    tree = folder / "tree"
    by_file = collections.defaultdict(list)
    for mutant in mutants:
        by_file[mutant["file"]].append(mutant)
    unplaced = []
    for file, of_file in by_file.items():
        source = Source(file)
        by_node, without_const = collections.defaultdict(list), set()
        for mutant in of_file:
            if mutant["id"] in dropped:
                continue
            node = place(source, mutant)
            const = is_const(node) if node is not None else None
            if node is None or (const is not None and source.text(const.child_by_field_name("name")) in kept_const):
                unplaced.append(mutant["id"])
                continue
            if const is not None:
                without_const.add(const.id)
            by_node[node.id].append(mutant)
        text = Tree(source, by_node, without_const).render(source.root)
        target = tree / file
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
    return unplaced


def load(folder):
    return json.loads((folder / "plan.json").read_text())


def save(folder, plan):
    (folder / "plan.json").write_text(json.dumps(plan))


def plan(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    mutants = listed(files)
    tree = folder / "tree"
    if not tree.exists():
        subprocess.run(["git", "clone", "-q", ROOT, tree], check=True)
    manifest = (tree / "Cargo.toml").read_text()
    (tree / "Cargo.toml").write_text(manifest[: manifest.index("[lints.rust]")] if "[lints.rust]" in manifest else manifest)
    library = tree / "src/lib.rs"
    if "pub mod mutant" not in library.read_text():
        library.write_text(library.read_text() + SWITCH)
    unplaced = write_tree(folder, mutants, set(), set())
    save(folder, {"mutants": mutants, "dropped": [], "kept_const": [], "unplaced": unplaced})
    print(len(mutants), "mutants,", len(unplaced), "in no place that can be switched")


MARK = re.compile(r"/\*([ME])(\d+)\*/")


def mutants_at(text, offset):
    """The mutants whose code this is, the innermost first."""
    begun = []
    for mark in MARK.finditer(text):
        if mark.start() > offset:
            break
        number = int(mark.group(2))
        if mark.group(1) == "M":
            begun.append(number)
        elif number in begun:
            begun.remove(number)
    return begun[::-1]


def check(folder):
    given = load(folder)
    given["unplaced"] = write_tree(folder, given["mutants"], set(given["dropped"]), set(given["kept_const"]))
    while True:
        run = subprocess.run(["cargo", "check", "--locked", "--lib", "--message-format=json"], cwd=folder / "tree", capture_output=True, text=True)
        bad, unknown, consts = set(), [], set()
        for line in run.stdout.splitlines():
            message = json.loads(line)
            if message.get("reason") != "compiler-message" or message["message"]["level"] != "error":
                continue
            message = message["message"]
            found = False
            if match := re.search(r"cannot call non-const (?:associated )?(?:function|method) `(?:[^`]*::)?([a-z_0-9]+)(?:::<.*>)?` in", message["message"]):
                consts.add(match.group(1))
                found = True
            for span in message["spans"]:
                if found:
                    break
                data = (folder / "tree" / span["file_name"]).read_bytes()
                text = data.decode()
                at = mutants_at(text, len(data[: span["byte_start"]].decode()))
                if at:
                    bad.add(at[0])
                    found = True
                elif (message["code"] or {}).get("code") == "E0004":
                    # No arm is left for some value: the arms cannot be switched off one by one.
                    arms = [int(number) for number in re.findall(r" if /\*M(\d+)\*/", text[span["byte_start"] :][:2000])]
                    bad.update(arms[:1])
                    found = bool(arms)
            if not found and message["spans"]:
                unknown.append(message["rendered"])
        consts -= set(given["kept_const"])
        print("errors:", len(bad), "of mutants,", len(consts), "of constants,", len(unknown), "others", flush=True)
        if not bad and not consts:
            print("".join(unknown[:10]) or run.stderr[-2000:] if run.returncode else "it compiles")
            save(folder, given)
            return run.returncode
        given["dropped"] = sorted(set(given["dropped"]) | bad)
        given["kept_const"] = sorted(set(given["kept_const"]) | consts)
        given["unplaced"] = write_tree(folder, given["mutants"], set(given["dropped"]), set(given["kept_const"]))
        save(folder, given)


def build(folder, targets):
    wanted = [option for target in targets for option in (["--lib"] if target == "lib" else ["--test", target])]
    command = ["cargo", "test", "--locked", "--no-run", *wanted, "--message-format=json"]
    built = subprocess.run(command, cwd=folder / "tree", capture_output=True, text=True)
    if built.returncode:
        sys.exit(built.stderr[-3000:])
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    tests = [message for message in messages if message.get("executable") and message["profile"]["test"]]
    programs = {"lib" if "lib" in of["target"]["kind"] else of["target"]["name"]: of["executable"] for of in tests}
    place = folder / "programs.json"
    before = json.loads(place.read_text()) if place.exists() else {}
    place.write_text(json.dumps(before | programs))


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def outcome(folder, tests, number, limit_s):
    """`caught`, `timeout` or `missed`; how long that took; and the test that has failed."""
    target, *filters = tests
    program = json.loads((folder / "programs.json").read_text())[target]
    environment = dict(os.environ, **DRAWN, MUTANT=str(number), RUSTC_BOOTSTRAP="1")
    began = time.time()
    command = [program, *filters, *UNTIL_ONE_FAILS]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "errors": "replace"}
    running = subprocess.Popen(command, cwd=folder / "tree", env=environment, start_new_session=True, preexec_fn=limit_memory, **options)
    try:
        text, _ = running.communicate(timeout=limit_s)
        what = "caught" if running.returncode else "missed"
    except subprocess.TimeoutExpired:
        # What a test has started ends with it.
        os.killpg(running.pid, signal.SIGKILL)
        text, _ = running.communicate()
        what = "timeout"
    failed = re.findall(r"^test (\S+) .*FAILED", text, re.M)
    return what, time.time() - began, " ".join(failed[:1])


def read_outcomes(folder):
    """Number, outcome, seconds, failed test and tests of each line."""
    out = folder / "outcomes.tsv"
    return [line.split("\t") for line in out.read_text().splitlines()] if out.exists() else []


def run(folder, tests):
    given, name = load(folder), " ".join(tests)
    done = {int(line[0]) for line in read_outcomes(folder) if line[1] != "missed" or line[4] == name}
    what, took, failed = outcome(folder, tests, 0, 600)
    assert what == "missed", f"without a mutant: {what}: {failed}"
    # Who takes so much longer is in a loop, also on a busy machine.
    limit_s = 20 + 5 * took
    left_out = done | set(given["dropped"]) | set(given["unplaced"])
    files = os.environ.get("FILES", "*").split()
    asked = [mutant for mutant in given["mutants"] if any(fnmatch(mutant["file"], pattern) for pattern in files)]
    numbers = [mutant["id"] for mutant in asked if mutant["id"] not in left_out]
    print(len(numbers), "mutants,", f"{took:.1f} s each if no test fails", flush=True)
    with ThreadPoolExecutor(int(os.environ.get("JOBS", "1"))) as pool, (folder / "outcomes.tsv").open("a") as file:
        outcomes = pool.map(lambda number: outcome(folder, tests, number, limit_s), numbers)
        for number, (what, took, failed) in zip(numbers, outcomes):
            file.write(f"{number}\t{what}\t{took:.1f}\t{failed}\t{name}\n")
            file.flush()


def described(mutant):
    place = mutant["span"]["start"]
    function = (mutant.get("function") or {}).get("function_name", "")
    return f"{mutant['file']}:{place['line']}:{place['column']} {mutant['genre']} -> {mutant['replacement']!r} in {function}"


def sum_up(folder):
    given = load(folder)
    by_id = {mutant["id"]: mutant for mutant in given["mutants"]}
    last = {int(line[0]): line for line in read_outcomes(folder)}
    state = {number: line[1] for number, line in last.items()}
    state.update(dict.fromkeys(given["dropped"], "does not compile"))
    state.update(dict.fromkeys(given["unplaced"], "cannot be switched"))
    groups = collections.defaultdict(collections.Counter)
    for number, mutant in by_id.items():
        groups[os.path.dirname(mutant["file"])][state.get(number, "not run")] += 1
    for group, counts in sorted(groups.items()):
        print(group, sum(counts.values()), dict(counts))
    print("all", len(by_id), dict(sum(groups.values(), collections.Counter())))
    print("caught by", dict(collections.Counter(line[4] for line in last.values() if line[1] != "missed")))
    for number, mutant in by_id.items():
        if state.get(number) in ("missed", "cannot be switched"):
            print(state[number], number, described(mutant))


if __name__ == "__main__":
    verb, folder, *rest = sys.argv[1:]
    folder = Path(folder)
    if verb == "plan":
        plan(folder, rest)
    elif verb == "check":
        sys.exit(check(folder))
    elif verb == "build":
        build(folder, rest)
    elif verb == "run":
        run(folder, rest)
    else:
        sum_up(folder)
