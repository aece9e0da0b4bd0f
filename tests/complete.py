"""
Type KEYS at the prompt of an interactive shell, and print the command line that
they make, one word a line.

    complete.py bash|zsh DATADIR KEYS

Completions are those installed below DATADIR.  A `^I` in KEYS, or a tab, asks
the shell to complete a word, and a `^G` to insert all words that it could be.
"""
import os
import pty
import select
import sys

PROMPT = "READY>"
SECONDS = 30

# The command that starts a shell, and what is typed there to prepare it.
SHELLS = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], [
        ". /usr/share/bash-completion/bash_completion",
        "bind 'set enable-bracketed-paste off'",
        r"""bind '"\C-g": insert-completions'""",
    ]),
    "zsh": (["zsh", "-f", "-i"], [
        "fpath=($DATADIR/zsh/site-functions $fpath)",
        "autoload -Uz compinit && compinit -u -D",
        "bindkey -e",
        "zle -C all complete-word _generic && bindkey '^G' all",
        "zstyle ':completion:all::::' completer _all_matches _complete",
        "zstyle ':completion:all:*' insert yes",
    ]),
}


def read_until(terminal, text):
    """Read what the shell prints until that contains `text`, or it ends."""
    seen = b""
    while text is None or text not in seen:
        if not select.select([terminal], [], [], SECONDS)[0]:
            sys.exit(f"the shell hangs after {seen!r}")
        try:
            piece = os.read(terminal, 65536)
        except OSError:         # EIO: it has ended
            piece = b""
        if not piece and text is None:
            return
        if not piece:
            sys.exit(f"the shell ended after {seen!r}")
        seen += piece


def main(shell, datadir, keys):
    command, setup = SHELLS[shell]
    result, printed = os.pipe()
    os.set_inheritable(printed, True)
    environment = dict(os.environ, DATADIR=datadir, TERM="dumb",
                       XDG_DATA_DIRS=f"{datadir}:/usr/local/share:/usr/share")
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, environment)
    os.close(printed)
    # Two parts, so that the echo of this line is no prompt.
    setup = setup + [f"PS1='{PROMPT[:3]}''{PROMPT[3:]}'"]
    os.write(terminal, "".join(line + "\r" for line in setup).encode())
    read_until(terminal, PROMPT.encode())
    # At the end, put the words into a command that prints them (^A, ^E: go to
    # the start and the end of the line).
    keys = keys.replace("^I", "\t").replace("^G", "\a")
    os.write(terminal, f"{keys}\x01printf '%s\\n' \x05 >&{printed}; exit\r"
             .encode())
    read_until(terminal, None)
    os.waitpid(child, 0)
    with open(result, encoding="utf-8") as words:
        print(words.read(), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
