//! The scripts that ask this program what to offer.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

/// Set by the scripts to the name of the shell: then the program answers what can follow, and nothing else.
pub(super) const VARIABLE: &str = "NIX_RIPPLE_COMPLETE";

/// All shells, by the names that a user gives them.
pub(super) const SHELLS: Shells<'static> = Shells(&[&OwnBash, &OwnZsh, &Fish, &Elvish, &Powershell]);

/// Bash, which splits words at `:`, `=` and `@`: the script puts them together, and takes from each answer what
/// stands before the last piece, for this alone is replaced.
struct OwnBash;

/// Zsh, without a blank behind what goes on (`attr:`, a package set, a folder).
struct OwnZsh;

const BASH: &str = r#"_nix_ripple() {
    local line=${COMP_LINE:0:COMP_POINT} words=() count=0 at piece answer current cut=
    for ((at = 0; at <= COMP_CWORD; at++)); do
        piece=${COMP_WORDS[at]}
        if [[ $count -eq 0 || $line == [[:space:]]* || -z $line ]]; then
            words[count++]=
        fi
        line=${line#"${line%%[![:space:]]*}"}
        # of the word at the cursor what stands before it
        [[ $at -eq $COMP_CWORD ]] && piece=$line
        words[count - 1]+=$piece
        line=${line#"$piece"}
    done
    current=${words[count - 1]}
    piece=$current
    for at in : = @; do
        [[ $COMP_WORDBREAKS == *$at* ]] && piece=${piece##*$at}
    done
    cut=${current%"$piece"}
    COMPREPLY=()
    while IFS= read -r answer || [[ -n $answer ]]; do
        [[ -n $answer ]] || continue
        # a name of a closure is a word, whatever it has in it
        printf -v answer %q "${answer#"$cut"}"
        COMPREPLY+=("$answer")
    done < <(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((count - 1)) VARIABLE=bash nix-ripple -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=./@] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _nix_ripple nix-ripple 2>/dev/null || complete -F _nix_ripple nix-ripple
"#;

const ZSH: &str = r#"#compdef nix-ripple
_nix-ripple() {
    local answer value
    local -a open whole
    for answer in "${(@f)$(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) VARIABLE=zsh nix-ripple -- "${words[@]}" 2>/dev/null)}"; do
        [[ -z $answer ]] && continue
        # the value ends at the first colon that is not escaped
        value=${${answer//\\:/@}%%:*}
        if [[ $value == *[=./@] ]]; then open+=("$answer"); else whole+=("$answer"); fi
    done
    [[ -n $open ]] && _describe -V value open -S ''
    [[ -n $whole ]] && _describe -V value whole
}
if [[ $funcstack[1] == _nix-ripple ]]; then _nix-ripple "$@"; else compdef _nix-ripple nix-ripple; fi
"#;

/// Writes a script of ours.
fn write_script(script: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(script.replace("VARIABLE", VARIABLE).as_bytes())
}

impl EnvCompleter for OwnBash {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(&self, _: &str, _: &str, _: &str, _: &str, out: &mut dyn Write) -> io::Result<()> {
        write_script(BASH, out)
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        Bash.write_complete(command, arguments, folder, out)
    }
}

impl EnvCompleter for OwnZsh {
    fn name(&self) -> &'static str {
        Zsh.name()
    }

    fn is(&self, name: &str) -> bool {
        Zsh.is(name)
    }

    fn write_registration(&self, _: &str, _: &str, _: &str, _: &str, out: &mut dyn Write) -> io::Result<()> {
        write_script(ZSH, out)
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        Zsh.write_complete(command, arguments, folder, out)
    }
}
