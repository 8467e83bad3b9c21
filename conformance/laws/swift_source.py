# SPDX-License-Identifier: Apache-2.0
"""Just enough of Swift's and C's grammar to look at code without comments and string contents."""
import re


def code_only(text):
    """The text with comments and string contents blanked out and every line where it was.

    What stands in an interpolation is code and stays.
    """
    out = list(text)
    _code(text, 0, out, until=None)
    return "".join(out)


def _blank(out, start, end):
    for at in range(start, end):
        if out[at] != "\n":
            out[at] = " "


def _code(text, at, out, until):
    """Walks over code; returns after the parenthesis that closes an interpolation."""
    depth = 0
    while at < len(text):
        if text.startswith("//", at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            _blank(out, at, end)
            at = end
        elif text.startswith("/*", at):
            at = _block_comment(text, at, out)
        elif re.match(r'#*"', text[at:at + 8]):
            at = _string(text, at, out)
        elif until and text[at] == "(":
            depth, at = depth + 1, at + 1
        elif until and text[at] == ")":
            if depth == 0:
                return at + 1
            depth, at = depth - 1, at + 1
        else:
            at += 1
    return at


def _block_comment(text, at, out):
    start, depth = at, 0
    while at < len(text):
        if text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif text.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                break
        else:
            at += 1
    _blank(out, start, at)
    return at


def _string(text, at, out):
    hashes = len(re.match(r"#*", text[at:]).group())
    at += hashes
    quotes = '"""' if text.startswith('"""', at) else '"'
    at += len(quotes)
    close, escape = quotes + "#" * hashes, "\\" + "#" * hashes
    while at < len(text) and not text.startswith(close, at):
        if quotes == '"' and text[at] == "\n":
            return at
        if text.startswith(escape + "(", at):
            _blank(out, at, at + len(escape))
            at = _code(text, at + len(escape) + 1, out, until=")")
        elif text.startswith(escape, at):
            _blank(out, at, min(len(text), at + len(escape) + 1))
            at += len(escape) + 1
        else:
            _blank(out, at, at + 1)
            at += 1
    return at + len(close)


IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:package|internal|private|fileprivate|public)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|enum|func|class|protocol|typealias|let|var)[ \t]+)?(\w+)",
    re.M,
)


def imports(text):
    """(module, line) of each import."""
    for match in IMPORT.finditer(text):
        yield match.group(1), text.count("\n", 0, match.start(1)) + 1


FUNCTION = re.compile(r"\b(?:func\s+([^\s(<]+)|(init)\b[?!]?(?=\s*[(<])|(deinit)\b)")
VARIABLE = re.compile(r"\b(?:var|subscript)\s+`?(\w+)`?\s*:[^={}\n]*\{")


def functions(text):
    """(name, line, number of lines) of each function, initialiser and computed variable."""
    for match in FUNCTION.finditer(text):
        if re.search(r"[.\w]$", text[:match.start()].rstrip(" ")[-1:]) and match.group(2):
            if re.search(r"\.\s*$", text[:match.start()]):
                continue
        body = _body(text, match.end())
        if body is not None:
            yield _measured(text, match.group(1) or match.group(2) or match.group(3), match, body)
    for match in VARIABLE.finditer(text):
        yield _measured(text, match.group(1), match, match.end() - 1)


def _measured(text, name, match, body):
    first = text.count("\n", 0, match.start()) + 1
    return name, first, text.count("\n", 0, _closing(text, body)) + 2 - first


def _body(text, at):
    """Where the brace of the function's body is; None for a requirement of a protocol."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character in "([":
            depth += 1
        elif character in ")]":
            if depth == 0:
                return None
            depth -= 1
        elif character == "{" and depth == 0:
            return at
        elif character == "}" and depth == 0:
            return None
        elif character == "\n" and depth == 0:
            rest = text[at:].lstrip()
            if not re.match(r"[{>-]|where\b|throws\b|async\b|:|,|&", rest):
                return None if not re.search(r"(->|where|,|:)\s*$", text[:at]) else _body(text, at + 1)
        at += 1
    return None


def _closing(text, at):
    depth = 0
    for index in range(at, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return len(text) - 1


C_FUNCTION = re.compile(r"^[A-Za-z_][^;={}\n]*?(\w+)\([^;{}]*\)\s*\{", re.M)


def c_functions(text):
    """(name, line, number of lines) of each C function."""
    for match in C_FUNCTION.finditer(text):
        yield _measured(text, match.group(1), match, match.end() - 1)
