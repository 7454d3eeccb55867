"""The shell scripts of the `ssh` provider. They need a POSIX shell and tar, nothing else.

Every value that comes from people or repositories is quoted by `shlex.quote`.
"""

from __future__ import annotations

from shlex import quote

from deployments.providers import ssh_settings
from deployments.providers.contract import Context, HostSpec

# What a release is made of may not have come to the disk yet, and the link to it is small enough to
# come first: then a host that loses its power would run empty files. One sync of the file system
# takes a tenth of the time of one for each file. Not every host's sync knows how (coreutils ≥ 8.24
# and busybox do); one that says that the disk failed is believed.
SETTLE = r"""
settled=yes
error=$(LC_ALL=C sync -f "$release" 2>&1) || settled=
case $error in *"Input/output error"* | *"No space left"* | *quota*)
  echo "The release does not come to the disk: $error. Nothing was changed."; exit 1
esac
"""
# What is gone back to came to the disk when it first ran: this asks only whether sync takes a name.
IS_SETTLED = r"""
settled=yes
sync -d "$release/REVISION" 2>/dev/null || settled=
"""
# `mv -T` (GNU, busybox ≥ 1.35) and perl rename a link over a link in one step. `ln -sfn` and a
# plain `mv` do not: the first is two steps, the second moves the link into the old release.
SWITCH = r"""
[ -f "$release/REVISION" ] || { echo "Release $name is not on this host."; exit 1; }
if [ -e "$root/current" ] && [ ! -L "$root/current" ]; then
  echo "$root/current is not a link. Move it away, then retry."; exit 1
fi
link="$root/.current.$name"
rm -f "$link" && ln -s "releases/$name" "$link" || exit 1
mv -T "$link" "$root/current" 2>/dev/null ||
  perl -e 'rename $ARGV[0], $ARGV[1] or exit 1' "$link" "$root/current" 2>/dev/null ||
  { rm -f "$link"; echo "This host has neither a mv that knows -T nor perl: nothing can switch to
the release in one step. Nothing was changed."; exit 1; }
[ "$root/current" -ef "$release" ] || { echo "current does not lead to release $name."; exit 1; }
[ -z "$settled" ] || sync "$root" 2>/dev/null
echo "current → releases/$name"
"""

# Where hosts share a disk, two must not write the same: the first leaves its name meanwhile.
# Unpacked beside its place and renamed when whole, so that a folder without “.partial” is whole.
# trees/SHA is what the next transfer may begin with: nothing runs in it and nothing is written to
# it, so the release is a copy. Without an upload the tree was made before (runner/trees.py, which
# says what “whole” holds).
TRANSFER = r"""
umask 022
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=-
mkdir -p "$root/releases" "$root/shared" "$root/trees" || exit 1
taker="$root/releases/.$name.host"
(set -C && printf '%s\n' "$host" >"$taker") 2>/dev/null || {
  read -r other <"$taker" && [ "$other" != "$host" ] &&
    echo "$other writes this release to $root, too. Each host needs a folder of its own: put {host}
into the path in the settings, or take one of the two out of the environment." && exit 1
}
trap 'rm -f "$taker"' EXIT
partial="$root/releases/$name.partial" tree="$root/trees/$sha" new="$root/trees/$sha.$name.partial"
if [ -f "$upload" ]; then
  echo "unpacking into trees/$sha"
  rm -rf "$new" && mkdir -p "$new/tree" || exit 1
  if gzip -t "$upload" 2>/dev/null; then
    gzip -dc "$upload" | tar -xpof - -C "$new/tree"
  else
    # What lost its content with the power of the host reads as a tar of nothing.
    tar -xpof "$upload" -C "$new/tree" && [ -n "$(ls -A "$new/tree")" ]
  fi && printf '%s %s\n' "$boot" "$name" >"$new/whole" ||
    { rm -rf "$new"; exit 1; }   # a disk that is full must not stay so
  rm -rf "$tree" && mv "$new" "$tree" || exit 1
fi
kept() { { read -r made by <"$tree/whole"; } 2>/dev/null && [ "$made" = "$boot" ]; }
kept || { echo "trees/$sha is not on this host any more. Retry."; exit 1; }
first=$by
# By itself cp takes copy_file_range: three times as long where blocks are not shared.
[ "$how" != --reflink=always ] || cp "$how" "$tree/whole" "$new" 2>/dev/null || how=--reflink=never
rm -rf "$partial" "$new"
cp -a "$how" "$tree/tree" "$partial" 2>/dev/null ||   # not every cp and disk can
  { rm -rf "$partial" && cp -a "$tree/tree" "$partial"; } || { rm -rf "$partial"; exit 1; }
kept && [ "$by" = "$first" ] || {
  rm -rf "$partial"; echo "trees/$sha was made anew while it was copied. Retry."; exit 1
}
rm -f "$partial/REVISION" && printf '%s\n' "$sha" >"$partial/REVISION" || exit 1
"""
PLACE = r"""
if [ "$root/current" -ef "$release" ]; then
  rm -rf "$partial"   # it runs: what runs is never taken away
else
  rm -rf "$release" && mv "$partial" "$release" || exit 1
fi
echo "releases/$name holds $sha"
"""

KEPT_TREES = 3  # those made last; what they have in common lies on the disk once
CLEAN = r"""
for folder in "$root"/releases/*; do
  old=${folder##*/}
  case ${old%.partial} in *[!0-9-]*) continue;; esac
  case $old in ??????????????) continue;; esac   # fourteen digits: Capistrano's own
  case " $keep " in *" $old "*) continue;; esac
  [ "$root/current" -ef "$folder" ] && continue
  rm -rf "$folder" && echo "releases/$old removed"
done
rm -f "$root"/releases/.*.host   # of transfers that were killed
cd "$root/trees" 2>/dev/null || exit 0
kept=1
for tree in $(ls -dt -- */whole 2>/dev/null) *.partial; do
  old=${tree%%[/.]*}
  case $old in *[!0-9a-f]*) continue;; esac
  [ ${#old} = 40 ] || continue
  case $tree in
    "$sha"/whole | *.partial/whole) continue;;
    */whole)
      kept=$((kept + 1))
      [ $kept -gt "$most" ] && rm -rf "$old" && echo "trees/$old removed";;
    *) rm -rf "$tree";;
  esac
done
exit 0
"""


def head(context: Context, host: HostSpec) -> str:
    """Return the names that every script uses."""
    return "\n".join(
        (
            f"root={folder(context, host)}",
            f"name={quote(context.release)}",
            f"sha={quote(context.sha)}",
            'release="$root/releases/$name"',
            f'upload="$HOME"/.shipmate/uploads/{quote(upload_name(context))}',
            "",
        )
    )


def folder(context: Context, host: HostSpec) -> str:
    """Return the folder of releases as a shell word; `~` is the login's home."""
    path = context.settings.get("path") or f"~/{context.application}-{context.environment}"
    path = path.replace("{host}", host.name)
    return f'"$HOME"/{quote(path[2:])}' if path.startswith("~/") else quote(path)


def trees(context: Context, host: HostSpec) -> str:
    """Return the folder of trees as a shell word."""
    return f"{folder(context, host)}/trees"


def upload_name(context: Context) -> str:
    return f"{context.number}-{context.sha}.tar"


def transfer(context: Context, host: HostSpec) -> str:
    """Copy the tree, write REVISION, link what is shared, put the release in its place."""
    settings = ssh_settings.whole(context.settings)
    how = "-l" if settings["read_only"] else "--reflink=always"
    links = map(_link_shared, settings["shared"])
    names = f"how={how} host={quote(host.name)}\n"
    return "".join((head(context, host), names, TRANSFER, *links, PLACE))


def switch(context: Context, host: HostSpec) -> str:
    """Make the release current, once it lies on the disk."""
    return head(context, host) + (IS_SETTLED if context.returns else SETTLE) + SWITCH


def confirm(context: Context, host: HostSpec) -> str:
    """End with 0 where the release is current."""
    return head(context, host) + '[ "$root/current" -ef "$release" ]\n'


def truth(context: Context, host: HostSpec) -> str:
    """Print the commit that the host says it runs."""
    return head(context, host) + 'cat "$root/current/REVISION" 2>/dev/null\n'


def runs(context: Context, host: HostSpec) -> str:
    """Refuse to go on where another release became current since the task was asked for."""
    said = "Another release runs here than when the task was asked for. Nothing was run."
    test = '[ "$root/current" -ef "$release" ]'
    return f"{head(context, host)}{test} || {{ echo {quote(said)}; exit 1; }}\n"


def clean(context: Context, host: HostSpec) -> str:
    """Remove releases and trees that are no longer kept."""
    keep = quote(" ".join(context.keep))
    return f"{head(context, host)}keep={keep} most={KEPT_TREES}\n{CLEAN}"


def commands(context: Context, host: HostSpec, lines: list[str]) -> str:
    """Run each line in a shell of its own, in the release, up to the first that fails."""
    start = f'{head(context, host)}cd "$release" || exit 1\n{_exports(context)}'
    return start + "".join(map(_command, lines))


def joined(*scripts: str) -> str:
    """Return one script that does what the others do, up to the first that fails."""
    return "".join(f"(\n{script}\n) || exit\n" for script in scripts)


def _command(line: str) -> str:
    return f"printf '$ %s\\n' {quote(line)}\nsh -c {quote(line)} </dev/null || exit\n"


def _exports(context: Context) -> str:
    """Tell commands what they deploy. Secrets come beside these, put in by the runner's caller."""
    values = {
        "SHIPMATE_APPLICATION": context.application,
        "SHIPMATE_ENVIRONMENT": context.environment,
        "SHIPMATE_DEPLOYMENT": str(context.number),
        "SHIPMATE_REF": context.ref,
        "SHIPMATE_SHA": context.sha,
        "SHIPMATE_WHO": context.who,
    }
    values = {**context.parameters, **values}
    return "".join(f"export {key}={quote(value)}\n" for key, value in values.items())


def _link_shared(path: str) -> str:
    """Link one shared path; a folder is made, a file must have been put there by somebody."""
    bare = path.rstrip("/")
    missing = f"shared/{bare} is missing on this host. Put the file there once, then retry."
    make = (
        f'mkdir -p "$root/shared/"{quote(bare)} || exit 1\n'
        if path.endswith("/")
        else f'[ -e "$root/shared/"{quote(bare)} ] || {{ echo {quote(missing)}; exit 1; }}\n'
    )
    parent = bare.rpartition("/")[0] or "."
    return (
        f"{make}{_refuse_links(bare)}"
        f'mkdir -p "$partial/"{quote(parent)} && rm -rf "$partial/"{quote(bare)} &&\n'
        f'  ln -s "$root/shared/"{quote(bare)} "$partial/"{quote(bare)} || exit 1\n'
    )


def _refuse_links(bare: str) -> str:
    """Refuse a shared path below a link of the commit: it would lead out of the release."""
    parts = bare.split("/")[:-1]
    parents = ("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    told = f"{bare} is shared, but a folder above it is a link in this commit."
    return "".join(
        f'[ ! -L "$partial/"{quote(parent)} ] || {{ echo {quote(told)}; exit 1; }}\n'
        for parent in parents
    )
