//! `vestibule completions`: what a shell completes when Tab is pressed.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::terminal::{self, Failure};

/// Print a completion script for a shell
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  vestibule completions bash > ~/.local/share/bash-completion/completions/vestibule
  vestibule completions zsh > ~/.zfunc/_vestibule
  vestibule completions fish > ~/.config/fish/completions/vestibule.fish
  vestibule completions powershell >> $PROFILE")]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Runs the command. `command` is the whole command line.
pub fn run(args: &CompletionsArgs, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "vestibule", &mut script);
    Ok(terminal::print(&String::from_utf8_lossy(&script))?)
}
