#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The laws of the architecture (CONTRIBUTING.md), checked on the tree as it stands.

What the package manager reports about targets and what the sources say decides, not what anybody
remembers. Output is TAP; each failure names the offending edge, file and line, and why it matters.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

import swift_source as source

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# The floors, lowest first. A target imports from lower floors only. CONTRIBUTING.md has the same
# table for people; a law below compares them.
FLOORS = {
    "swrun": [
        ["CKernel", "CSeccomp", "CCap"],
        ["Kernel", "JSON"],
        ["Capabilities", "SyscallFilter", "RuntimeSpec", "DBus"],
        ["State", "Cgroups", "Systemd", "Rootfs", "Confinement", "Terminal", "Hooks",
         "Criu"],
        ["Launch"],
        ["Lifecycle"],
        ["SwrunCLI"],
        ["swrun"],
    ],
    "swimg": [
        ["CImageSystem", "CISAL", "CZstd", "CCrypto", "CCurl"],
        ["ImageSpec", "Archive", "RootedFiles", "Hashing", "Codecs", "HostProcess", "HTTP"],
        ["ContentStore", "Layers", "BundleConfig", "Registry", "Signatures"],
        ["Unpack", "Transfer", "Upkeep", "Contents"],
        [],
        ["SwimgCLI"],
        ["swimg"],
    ],
}
FOLDER = {"swrun": "Sources/Runtime", "swimg": "Sources/Image"}
# The highest floor on which `unsafe`, C and errno may appear.
UNSAFE_FLOORS = {"swrun": 2, "swimg": 1}
# Modules that are not ours. libc is a C module: law 3 governs it.
LIBC = {"Glibc", "Musl", "Darwin"}
OUTSIDE = {
    "swrun": LIBC,
    "swimg": LIBC | {"FoundationEssentials", "ArgumentParser", "Synchronization"},
}
# Where creating a container happens: no function is longer than this there.
START_PATH = ["Launch", "Rootfs", "Lifecycle", "Confinement", "Hooks", "Terminal", "State", "Cgroups", "Systemd",
              "DBus"]
LONGEST_FUNCTION = 60
LONGEST_FILE = 500


def tracked(*patterns):
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout
    return sorted(name for name in set(listing.split("\0")) if name and (ROOT / name).is_file())


def package_targets():
    run = subprocess.run(
        ["swift", "package", "describe", "--type", "json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    if run.returncode != 0:
        sys.exit(f"Bail out! swift package describe: {run.stderr.strip()}")
    return {target["name"]: target for target in json.loads(run.stdout)["targets"]}


class Tree:
    """The targets, and each Swift file of Sources with comments and strings blanked out."""

    def __init__(self):
        self.targets = package_targets()
        self.place = {
            name: (wing, floor)
            for wing, floors in FLOORS.items()
            for floor, names in enumerate(floors)
            for name in names
        }
        self.swift = {
            path: source.code_only((ROOT / path).read_text()) for path in tracked("Sources/*.swift")
        }
        self.tests = {
            path: source.code_only((ROOT / path).read_text()) for path in tracked("Tests/*.swift")
        }
        self.imports = []
        for path, text in self.swift.items():
            for module, line in source.imports(text):
                self.imports.append((path, line, self.target_of(path), module))

    @staticmethod
    def target_of(path):
        return path.split("/")[2]

    def wing_and_floor(self, target):
        return self.place.get(target, (None, None))

    def find(self, pattern, wing=None, above=None):
        """file:line of each match in code, in one wing and above one floor if asked."""
        for path, text in self.swift.items():
            own_wing, floor = self.wing_and_floor(self.target_of(path))
            if (wing and own_wing != wing) or (above is not None and (floor or 0) <= above):
                continue
            for match in re.finditer(pattern, text):
                yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group().strip()}"


# Each law yields the places that break it.

def every_target_has_a_floor(tree):
    for name, target in tree.targets.items():
        if target["type"] == "test" or not target["path"].startswith("Sources/"):
            continue
        wing, _ = tree.wing_and_floor(name)
        if wing is None:
            yield f"{name} is a target without a floor"
        elif not target["path"].startswith(FOLDER[wing] + "/"):
            yield f"{name} of {wing} lives in {target['path']} and not in {FOLDER[wing]}"
    for name, (wing, floor) in tree.place.items():
        if name not in tree.targets:
            yield f"{name} on floor {floor} of {wing} is no target"


def no_target_in_both_products(tree):
    for name, target in tree.targets.items():
        if target["type"] == "test":
            continue
        products = set(target.get("product_memberships", [])) & set(FLOORS)
        if len(products) > 1:
            yield f"{name} is part of {' and '.join(sorted(products))}"
        wing, _ = tree.wing_and_floor(name)
        for dependency in target.get("target_dependencies", []):
            other, _ = tree.wing_and_floor(dependency)
            if wing and other and other != wing:
                yield f"{name} ({wing}) depends on {dependency} ({other})"


def dependencies_point_down(tree):
    for name, target in tree.targets.items():
        wing, floor = tree.wing_and_floor(name)
        for dependency in target.get("target_dependencies", []) if wing else []:
            other, below = tree.wing_and_floor(dependency)
            if other == wing and below >= floor:
                yield f"{name} (floor {floor}) depends on {dependency} (floor {below})"
    for path, line, target, module in tree.imports:
        wing, floor = tree.wing_and_floor(target)
        other, below = tree.wing_and_floor(module)
        if other is None:
            if wing and module not in OUTSIDE[wing]:
                yield f"{path}:{line}: {target} imports {module}, which {wing} has no use for"
        elif other != wing or below >= floor:
            yield f"{path}:{line}: {target} (floor {floor}) imports {module} ({other}, floor {below})"
        elif module not in tree.targets[target].get("target_dependencies", []):
            yield f"{path}:{line}: {target} imports {module} without depending on it"


def unsafe_stays_below(tree):
    for wing, highest in UNSAFE_FLOORS.items():
        yield from tree.find(r"\bunsafe\b|\berrno\b|\bUnsafe\w*Pointer\b", wing, highest)
    clang = {name for name, target in tree.targets.items() if target["module_type"] != "SwiftTarget"}
    importers = collections.defaultdict(set)
    for path, line, target, module in tree.imports:
        wing, floor = tree.wing_and_floor(target)
        if module in clang | LIBC and wing and floor > UNSAFE_FLOORS[wing]:
            yield f"{path}:{line}: {target} (floor {floor}) imports the C module {module}"
        if module in clang:
            importers[module].add(target)
    for module, users in importers.items():
        if len(users) > 1:
            yield f"{module} is wrapped by more than one target: {', '.join(sorted(users))}"


def package_is_the_widest_access(tree):
    yield from tree.find(r"\b(?:public|open)\s+(?!\()(?:\w+\s+)*?(?:func|var|let|struct|enum|class|"
                         r"init|extension|protocol|typealias|subscript|actor|import|static)\b")


def swrun_is_plain(tree):
    yield from tree.find(
        r"\basync\b|\bawait\b|\bactor\s+\w|@MainActor\b|\bTask\s*[.{(]|\bDispatch\w+|"
        r"(?<![.\w])(?:debugPrint|print|dump)\s*\(",
        "swrun",
    )
    for path, line, target, module in tree.imports:
        if tree.wing_and_floor(target)[0] == "swrun" and re.match("Foundation|Dispatch", module):
            yield f"{path}:{line}: {target} imports {module}"


def floors_of_contributing_agree(tree):
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for wing, floors in FLOORS.items():
        section = re.search(rf"^### Floors of {wing}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
        rows = re.findall(r"^\| *(\d+) *\|([^|]*)\|", section.group(1), re.M) if section else []
        written = {int(floor): set(re.findall(r"`(\w+)`", names)) for floor, names in rows}
        for floor, names in enumerate(floors):
            for name in set(names) ^ written.get(floor, set()):
                yield f"CONTRIBUTING.md: {name} on floor {floor} of {wing} stands in one table only"


def nothing_is_swallowed(tree):
    pattern = (r"\btry[?!]|\bas!|@unchecked\b|\bnonisolated\(unsafe\)|@preconcurrency\b|"
               r"(?<=[\w)\]>?\"])!(?![=\w])")
    yield from tree.find(pattern)
    for path, text in tree.tests.items():
        for match in re.finditer(r"\btry[?!]|\bas!|@unchecked\b", text):
            yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"


def paths_are_read_by_bytes(_):
    # A mark that combines with the slash before it makes one Character of both.
    by_characters = re.compile(r"""(?<!utf8)\.(?:split\(separator:|contains\(|\w*[iI]ndex\(of:) ?"/\"""")
    for path in tracked("Sources/Runtime/*.swift"):
        for number, line in enumerate(lines(path), 1):
            if by_characters.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def nothing_is_put_off(_):
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    for path in tracked("Sources", "Tests", "conformance", "Makefile", ".ci", "Package.swift"):
        if "/schema/" in path or "/Fixtures/" in path:
            continue
        for number, line in enumerate(lines(path), 1):
            if marks.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def no_place_of_a_machine(_):
    # Put together, so that this file does not find itself.
    place = re.compile("/wo" + "rk/(?:main|shared)|/ro" + "ot/(?:wt|brief)|/ho" + "me/runner|/Use" + "rs/")
    for path in tracked():
        if "/schema/" in path or "/Fixtures/" in path:
            continue
        for number, line in enumerate(lines(path), 1):
            if place.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def lines(path):
    try:
        return (ROOT / path).read_text().splitlines()
    except UnicodeDecodeError:
        return []


def formatter_is_content(_):
    files = tracked("Package.swift", "Sources/*.swift", "Tests/*.swift")
    run = subprocess.run(
        ["swift", "format", "lint", "--strict", "--parallel", *files],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    if run.returncode != 0:
        yield from run.stdout.replace(f"{ROOT}/", "").strip().splitlines()[:40]


def cases_have_their_bodies(_):
    for path in tracked("conformance/*.bats"):
        for number, line in enumerate(lines(path), 1):
            if re.match(r"@test .*\{.*\{", line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def all_functions(tree):
    for path, text in tree.swift.items():
        for name, line, length in source.functions(text):
            yield length, f"{path}:{line}: {name}", tree.target_of(path)
    for path in tracked("Sources/*.c"):
        text = source.code_only((ROOT / path).read_text())
        for name, line, length in source.c_functions(text):
            yield length, f"{path}:{line}: {name}", tree.target_of(path)


def all_files():
    for path in tracked("Sources/*.swift", "Sources/*.c", "Sources/*.h"):
        yield len(lines(path)), path


def start_path_is_short(tree):
    longest = sorted(all_functions(tree), reverse=True)
    print("# the ten longest functions:")
    for length, name, _ in longest[:10]:
        print(f"#   {length:4} {name}")
    for length, name, target in longest:
        if target in START_PATH and length > LONGEST_FUNCTION:
            yield f"{name}: {length} lines"


def files_treat_one_subject(_):
    longest = sorted(all_files(), reverse=True)
    print("# the ten longest files:")
    for length, path in longest[:10]:
        print(f"#   {length:4} {path}")
    for length, path in longest:
        if length > LONGEST_FILE:
            yield f"{path}: {length} lines"


def pages_to_read_first_exist(_):
    for path, word in [
        ("Sources/Runtime/Launch/Handshake.swift", "enum"),
        ("Sources/Runtime/Launch/InitStep.swift", "enum InitStep"),
    ]:
        if not (ROOT / path).is_file():
            yield f"{path} is not there"
        elif word not in (ROOT / path).read_text():
            yield f"{path} has no {word}"


LAWS = [
    ("every target has its floor", every_target_has_a_floor,
     "the floors are the map of the tree: a target without one belongs to nobody"),
    ("law 1: no target is in both products, and the wings share nothing", no_target_in_both_products,
     "a shared type would be a shared misreading of the specification; pass a bundle or a command"),
    ("law 2: a target imports from lower floors only", dependencies_point_down,
     "ask whether what you need belongs a floor lower"),
    ("law 3: unsafe, C and errno on the lowest floors only", unsafe_stays_below,
     "memory safety above is proved by this search; give the call a wrapper below"),
    ("law 4: package is the widest access", package_is_the_widest_access,
     "these are programs: nothing outside the package can use a public declaration"),
    ("law 5: swrun has no concurrency, Foundation, Dispatch or print", swrun_is_plain,
     "one thread makes the clone safe, and stdio's buffer would come out twice"),
    ("the floors in CONTRIBUTING.md are these", floors_of_contributing_agree,
     "people read that table, this program the other"),
    ("no error is swallowed and no check switched off", nothing_is_swallowed,
     "name the error that is accepted and why, or throw it"),
    ("swrun reads paths by bytes", paths_are_read_by_bytes,
     "a slash with an accent behind it is no slash to Swift, and one to the kernel: use pathSteps"),
    ("nothing is put off", nothing_is_put_off, "do it, or file it"),
    ("no file names a place of somebody's machine", no_place_of_a_machine,
     "the tree has to build and read the same anywhere"),
    ("no case on one line has a second brace", cases_have_their_bodies,
     "bats takes the last brace of the line for the body's, and the case passes without running"),
    ("swift format lint --strict finds nothing", formatter_is_content, "run make format"),
    (f"no function of the start path is longer than {LONGEST_FUNCTION} lines", start_path_is_short,
     "the hardest code must be the easiest to read: give the parts names"),
    (f"no file of Sources is longer than {LONGEST_FILE} lines", files_treat_one_subject,
     "a file treats one subject"),
    ("the handshake and the order of init each stand in a file of their own", pages_to_read_first_exist,
     "a reader must find them"),
]


def main():
    tree = Tree()
    print(f"1..{len(LAWS)}")
    failed = 0
    for number, (name, law, why) in enumerate(LAWS, 1):
        places = list(law(tree))
        if places:
            failed += 1
            print(f"not ok {number} {name}")
            print(f"# why: {why}")
            for place in places:
                print(f"#   {place}")
        else:
            print(f"ok {number} {name}")
    return 1 if failed else 0


sys.exit(main())
