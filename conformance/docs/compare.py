# SPDX-License-Identifier: Apache-2.0
"""Options as the programs' own tables have them, against manual pages, help and completions.

usage: compare.py swrun|swimg PROGRAM MAN-FOLDER
Prints each difference and exits with 1 if there is one.
"""
import json
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def swrun_table(program):
    """verb -> {long option: short option or None}; the global options have the verb "-"."""
    verbs = {"-": {}}
    for line in output(program, "completion", "table").splitlines():
        verb, *fields = line.split("\t")
        options = verbs.setdefault(verb, {})
        if fields and fields[0].startswith("--"):
            options[fields[0][2:].split("=")[0]] = fields[1][1:] if len(fields) > 1 else None
    return verbs


def swimg_table(program):
    root = json.loads(output(program, "--experimental-dump-help"))["command"]
    verbs = {"-": swimg_options(root)}
    for command in root["subcommands"]:
        if command["commandName"] != "help":
            verbs[command["commandName"]] = swimg_options(command)
    return verbs


def swimg_options(command):
    options = {}
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        names = {"long": [], "short": []}
        for name in argument.get("names", []):
            names.setdefault(name["kind"], []).append(name["name"])
        for long in names["long"]:
            options[long] = names["short"][0] if names["short"] else None
    return options


def page_of(folder, program, verb):
    section = {"swrun": 8, "swimg": 1}[program]
    return folder / (f"{program}.{section}" if verb == "-" else f"{program}-{verb}.{section}")


def page_options(text):
    """{long: short or None} of each item of a list of options in mdoc."""
    options = {}
    for line in re.findall(r"^\.It (.*)$", text, re.M):
        names = re.findall(r"(?:^Fl |, |\| |Fl )(-?[\w-]+)", line.split(" Ar ")[0])
        longs = [name[1:] for name in names if len(name) > 1 and name.startswith("-")]
        shorts = [name for name in names if len(name) == 1 and name != "-"]
        for long in longs:
            options[long] = shorts[0] if shorts else None
    return options


def help_options(text):
    """The long options of help: lines of a list of options begin with an option."""
    lines = re.findall(r"^ +(-[-\w].*?)(?:   *.*)?$", text, re.M)
    return {name: None for line in lines for name in re.findall(r"--([\w-]+)", line)}


class Comparison:
    def __init__(self, name, program, folder):
        self.name, self.program, self.folder = name, program, pathlib.Path(folder)
        self.differences = []
        self.table = {"swrun": swrun_table, "swimg": swimg_table}[name](program)

    def differ(self, what):
        self.differences.append(what)

    def inherited(self, verb):
        """Options that every verb of swimg takes, and help, which need not be said again."""
        return {"help", "version"} | (set(self.table["-"]) if verb != "-" else set())

    def compare(self):
        for verb, options in self.table.items():
            shown = self.name if verb == "-" else f"{self.name} {verb}"
            self.compare_page(shown, verb, options)
            words = [] if verb == "-" else [verb]
            helped = help_options(output(self.program, *words, "--help"))
            self.compare_sets(f"{shown} --help", verb, options, helped, shorts=False)
        self.compare_completions()
        return self.differences

    def compare_page(self, shown, verb, options):
        page = page_of(self.folder, self.name, verb)
        if not page.is_file():
            # completion and the like are described in the program's own page.
            text = page_of(self.folder, self.name, "-").read_text()
            if options or not re.search(rf"^\.It Cm {verb}\b", text, re.M):
                self.differ(f"{page.name} is not there")
            return
        self.compare_sets(page.name, verb, options, page_options(page.read_text()), shorts=True)

    def compare_sets(self, where, verb, options, found, shorts):
        optional = self.inherited(verb)
        for name in sorted(set(options) - set(found) - optional):
            self.differ(f"{where} lacks --{name}")
        for name in sorted(set(found) - set(options) - optional):
            self.differ(f"{where} has --{name}, which {self.name} does not know")
        for name in sorted(set(options) & set(found)) if shorts else []:
            if options[name] != found[name]:
                self.differ(f"{where}: --{name} is -{found[name]} there and -{options[name]} here")

    def compare_completions(self):
        for shell in ("bash", "zsh", "fish"):
            script = (output(self.program, "completion", shell) if self.name == "swrun" else
                      output(self.program, "--generate-completion-script", shell))
            for verb, options in self.table.items():
                if verb != "-" and not re.search(rf"\b{verb}\b", script):
                    self.differ(f"completion for {shell} lacks {verb}")
                for name in options:
                    # fish: -l NAME; the others: --NAME.
                    if not re.search(rf"(?:--|-l '?){re.escape(name)}\b", script):
                        self.differ(f"completion for {shell} lacks --{name} of {verb}")


def main():
    differences = Comparison(*sys.argv[1:4]).compare()
    print("\n".join(differences))
    return 1 if differences else 0


sys.exit(main())
