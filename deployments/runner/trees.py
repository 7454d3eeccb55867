"""Trees of commits as a host keeps them, to make the next from: never run, never written.

FOLDER/SHA/tree is the tree. FOLDER/SHA/whole was made last: what was written since then is newer.
It says “BOOT MAKER”. What was made before the host was last started is believed no more: a host
that loses its power loses what had not come to its disk, and keeps the names of the files.
"""

from __future__ import annotations

from collections.abc import Callable

from deployments.runner import wrapper
from deployments.runner.channels import Connected
from deployments.runner.conversation import BEATS, Conversation
from deployments.runner.upload import STEP_TIMEOUT, Received, answer

# Sets boot: since when the host is up ("-" where it does not tell).
BOOT = "{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=-"

# A path that begins with ./ is looked for nowhere else, whatever CDPATH says; nor is it printed.
# Without find nothing is known of a tree, so that none is named. A commit may have files from the
# future: then the whole archive is sent, as for any tree that somebody has changed.
LOOK = rf"""
main() {{
{BOOT}
cd "$folder" 2>/dev/null || {{ say done; exit 0; }}
beats
for name in *; do
  case $name in *[!0-9a-f]*) continue ;; esac
  [ ${{#name}} = 40 ] && {{ read -r made _by <"$name/whole"; }} 2>/dev/null || continue
  [ "$made" = "$boot" ] && cd "./$name/tree" 2>/dev/null || continue
  [ -n "$(find . -newer ../whole 2>&1 | head -n 1)" ] || say tree "$name" "$(($(find . | wc -l)))"
  cd ../.. || exit 1
done
say done
}}
"""

# What changes is removed first, so that no file is written in place through a link. A tree that was
# there goes out of the way in one step: who copies it then sees afterwards that it is not there.
MAKE = (
    r"""
fail() { cd / && rm -rf "$folder/$partial" && rm -f "$upload"; say failed "$*"; exit 5; }
unpack() {
  if [ "$packed" = gz ]; then gzip -dc "$upload"; else cat "$upload"; fi |
    LC_ALL=C tar -xpof - "$@" 2>&1
}
main() {
beats
umask 022
upload=$HOME/.shipmate/uploads/$parcel partial=$sha.$nonce.partial
error=$(LC_ALL=C mkdir "$folder/$partial" 2>&1) || fail "$error"
cd "$folder/$partial" || fail "cannot enter $folder/$partial"
cp -al "../$base/tree" tree 2>/dev/null || {
  rm -rf tree
  error=$(LC_ALL=C cp -a "../$base/tree" tree 2>&1) || fail "$error"
}
say copied
error=$(unpack drop) || fail "$error"
error=$(cd ./tree && LC_ALL=C . ../drop 2>&1) || fail "$error"
error=$(unpack) || fail "$error"
say unpacked
checked=unverified
if command -v sha256sum >/dev/null 2>&1; then
  (
    cd ./tree && { [ ! -s ../sums ] || sha256sum -c ../sums >/dev/null 2>&1; } && . ../odd
  ) || fail 'a file is not what was sent'
  checked=verified
fi
[ "$(cd ./tree && find . | wc -l)" -eq "$lines" ] || fail 'there are too many files, or too few'
say checked
rm -f drop sums odd "$upload"
"""
    + BOOT
    + r"""
printf '%s %s\n' "$boot" "$nonce" >whole || fail "cannot write to $folder"
old=$sha.$nonce.old.partial
error=$(
  cd .. && { [ ! -e "$sha" ] || LC_ALL=C mv "$sha" "$old" 2>&1; } &&
    LC_ALL=C mv "$partial" "$sha" 2>&1 && rm -rf "$old" 2>&1
) || fail "$error"
say made $checked
}
"""
)


def look(connection: Connected, folder: str, beat: Callable[[], None]) -> dict[str, int]:
    """Return the trees that nobody has written to, with how many lines `find .` prints in each.

    `folder` is a shell word.
    """
    nonce = wrapper.new_nonce()
    program = wrapper.assemble("look", nonce, folder, {}, BEATS + LOOK)
    found: dict[str, int] = {}
    with Conversation(connection, program, nonce, beat=beat) as host:
        for word, *rest in host.lines(STEP_TIMEOUT):
            if word == "done":
                return found
            if len(rest) == 2 and rest[1].isdigit():
                found[rest[0]] = int(rest[1])
        raise host.broken_off()


def make(
    connection: Connected,
    folder: str,
    received: Received,
    *,
    base: str,
    sha: str,
    lines: int,
    beat: Callable[[], None],
) -> bool:
    """Make a tree out of another and what was received; return whether hashes were checked.

    UploadFailed: the host said why it cannot, and there is nothing of it.
    """
    nonce = wrapper.new_nonce()
    names = {
        "parcel": received.partial,
        "packed": "gz" if received.compressed else "plain",
        "base": base,
        "sha": sha,
        "lines": str(lines),
    }
    program = wrapper.assemble("make", nonce, folder, names, BEATS + MAKE)
    with Conversation(connection, program, nonce, beat=beat) as host:
        doing = f"make the tree of {sha[:7]} out of that of {base[:7]}"
        for step in ("copied", "unpacked", "checked"):
            answer(host, step, doing=doing)
            beat()
        return answer(host, "made", doing=doing) == "verified"
